import { setTimeout as pause } from 'node:timers/promises';

const LOOK_MS = 50;
/** Not a measure of speed: what has not come by then will not come. */
const DEADLINE_MS = 60_000;

/** Asks until there is an answer; fails with what was waited for, and the last trouble of asking. */
export async function until<T>(
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  { deadlineMs = DEADLINE_MS, everyMs = LOOK_MS } = {},
) {
  const deadline = AbortSignal.timeout(deadlineMs);
  let trouble: unknown;
  while (!deadline.aborted) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      trouble = error;
    }
    await pause(everyMs);
  }
  throw new Error(`waited ${deadlineMs / 1000} s in vain until ${what}`, { cause: trouble });
}
