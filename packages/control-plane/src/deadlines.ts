import { DriverError } from '@islet/driver';
import type { Step } from '@islet/plan';
import type { Clock } from './clock.ts';

/*
 * Every wait of the control plane ends somewhere: here. A driver has closer deadlines of its own; these are for one that
 * does not answer at all, which must not keep a step, and with it a service, for ever.
 */

/** A build that takes longer has hung; the driver ends it, and reports it as a failed build. */
export const BUILD_MS = 20 * 60_000;
/** A migration by a command; the driver ends one that takes longer, and reports it as failed. */
export const MIGRATE_MS = 60 * 60_000;
/** How long a driver may take to end what it was told to end, or to clean up after an abort. */
const MARGIN_MS = 30_000;
/** One driver's look at what is there. */
export const LOOK_MS = 10_000;
/** How long steps under way may take to end when the control plane does. */
export const CLOSE_MS = 5_000;
/** How long all of the control plane may take to end. */
export const END_MS = 10_000;

const STEP_MS: Readonly<Record<Exclude<Step['kind'], 'stop'>, number>> = {
  build: BUILD_MS + MARGIN_MS,
  provision: 5 * 60_000,
  // A large table takes its time, and is not migrated twice because of this: each file is one transaction.
  migrate: MIGRATE_MS + MARGIN_MS,
  retire: 60_000,
  contract: 60 * 60_000,
  start: 2 * 60_000,
  publish: 10_000,
  kill: MARGIN_MS,
  advance: MARGIN_MS,
  sample: 2 * 60_000,
  promote: MARGIN_MS,
  fail: MARGIN_MS,
  forget: 5 * 60_000,
  'stop-store': 2 * 60_000,
  purge: 5 * 60_000,
  wait: MARGIN_MS,
};

export function stepDeadlineMs(step: Step): number {
  return step.kind === 'stop' ? step.graceMs + MARGIN_MS : STEP_MS[step.kind];
}

export interface Deadline {
  readonly clock: Clock;
  readonly afterMs: number;
  /** Undefined: nobody calls it off. */
  readonly signal?: AbortSignal;
  /** What would be late, as a person says it. */
  readonly what: string;
}

/**
 * Does the work until it ends, the signal says so, or the deadline has come. Work that heeds no signal is left to itself
 * then: whoever waits goes on, and every call of a driver may be repeated.
 */
export function within<T>(
  { clock, afterMs, signal, what }: Deadline,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = new AbortController();
    const giveUp = () => {
      const error = new DriverError('timeout', `${what}: no end of it within ${afterMs / 1_000} s`);
      late.abort(error);
      reject(error);
    };
    // What waits here keeps no process alive that has nothing else to do.
    const timer = clock.after(afterMs, giveUp, { background: true });
    void work(signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]))
      .then(resolve, reject)
      .finally(() => timer[Symbol.dispose]());
  });
}
/** How long what runs may take to end in order where the state folder was removed. */
export const LAST_GRACE_MS = 2_000;
