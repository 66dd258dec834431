import { setTimeout as pause } from 'node:timers/promises';

const LOOK_MS = 20;

/** Asks until there is an answer; fails with what was waited for. Not a measure of speed: the deadline is generous. */
export async function until<T>(
  what: string,
  ask: () => T | undefined | Promise<T | undefined>,
  deadlineMs = 60_000,
): Promise<T> {
  const deadline = AbortSignal.timeout(deadlineMs);
  while (!deadline.aborted) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await pause(LOOK_MS);
  }
  throw new Error(`waited ${deadlineMs / 1000} s in vain: ${what}`);
}
