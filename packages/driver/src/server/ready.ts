import { setTimeout as pause } from 'node:timers/promises';
import { DriverError } from '../errors.ts';

/** `rejected`: it runs, and doesn't know who asks. `ended`: it no longer runs. */
export type Readiness = 'ready' | 'rejected' | 'ended';

export interface Waiting {
  readonly isAlive: () => boolean;
  readonly withinMs: number;
  readonly signal: AbortSignal;
}

export interface Question {
  /** False: it takes connections, and is not what it will be: it reads its log still. */
  readonly ask: (signal: AbortSignal) => Promise<boolean>;
  /** The server is there and says no: it won't change its mind by itself. */
  readonly isRejection: (error: unknown) => boolean;
  readonly product: string;
}

/** Between two questions: a tenth of what it has taken already, within these. */
const PAUSE = { shortestMs: 10, longestMs: 250 } as const;

/** Asks until there is an answer that stays. */
export async function untilReady(
  { ask, isRejection, product }: Question,
  { isAlive, withinMs, signal }: Waiting,
): Promise<Readiness> {
  const begun = Date.now();
  for (;;) {
    let cause: unknown;
    if (!isAlive()) return 'ended';
    try {
      if (await ask(signal)) return isAlive() ? 'ready' : 'ended';
    } catch (error) {
      signal.throwIfAborted();
      if (isRejection(error)) return isAlive() ? 'rejected' : 'ended';
      cause = error;
    }
    const passed = Date.now() - begun;
    if (passed > withinMs) {
      const message = `${product} was not ready after ${withinMs / 1000} s`;
      throw new DriverError('timeout', message, { hint: 'it may be reading its data: see its log', cause });
    }
    await pause(Math.min(Math.max(passed / 10, PAUSE.shortestMs), PAUSE.longestMs), undefined, { signal });
  }
}
