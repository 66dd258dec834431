import type { TrafficDriver } from '@islet/driver';
import type { Clock } from '../clock.ts';
import { within } from '../deadlines.ts';
import type { Analyst } from './analyst.ts';
import type { InstanceMemory } from './case.ts';
import type { Checks } from './checks.ts';
import { CHECK_EVERY_MS, COUNTS_MS, LOOK_EVERY_MS } from './limits.ts';

/** Looks at the requests while a trial is open, and then lets `plan` see them. */
export interface Watching {
  /** A look that begins now: what was answered before this call is in it. False: the proxy did not tell in time. */
  look(): Promise<boolean>;
  /** At once where a trial begins: a revision that fails from its first request on has been ejected before the next look. */
  begin(): void;
  close(): void;
}

export interface WatchingParts {
  readonly traffic: Pick<TrafficDriver, 'revisions'>;
  /** What the instances that are ready hold; none where it can't be known. */
  readonly memory: () => Promise<readonly InstanceMemory[]>;
  readonly checks: Pick<Checks, 'look'>;
  /** There is something new to see. */
  readonly onLook: () => void;
  readonly clock: Clock;
}

export function watchTrials(analyst: Analyst, { traffic, memory, checks, onLook, clock }: WatchingParts): Watching {
  // One after the other: a look that began earlier must not come in after a later one.
  let last = Promise.resolve(true);
  let pending = 0;
  const look = () => {
    pending += 1;
    last = last.then(lookOnce).finally(() => {
      pending -= 1;
    });
    return last;
  };
  const lookOnce = async () => {
    if (!analyst.isBusy()) return true;
    // A proxy that does not answer has nothing to tell; when it is back it counts from nothing.
    const deadline = { clock, afterMs: COUNTS_MS, what: 'looking at the requests' };
    const held = memory().catch(() => []);
    const counts = await within(deadline, (signal) => traffic.revisions({ signal })).catch(() => undefined);
    if (counts === undefined) return false;
    analyst.look(counts, await held);
    onLook();
    return true;
  };
  let asking = false;
  const ask = async () => {
    if (asking || !analyst.isBusy()) return;
    asking = true;
    await checks.look().finally(() => {
      asking = false;
    });
    onLook();
  };
  const lookUnlessLooking = () => void (pending === 0 && look());
  const looks = every(LOOK_EVERY_MS, clock, lookUnlessLooking);
  const questions = every(CHECK_EVERY_MS, clock, () => void ask());
  const close = () => {
    looks[Symbol.dispose]();
    questions[Symbol.dispose]();
  };
  const begin = () => {
    if (analyst.isToBegin()) lookUnlessLooking();
  };
  return { look, begin, close };
}

function every(periodMs: number, clock: Clock, act: () => void): Disposable {
  let timer: Disposable;
  const arm = () => {
    timer = clock.after(periodMs, again, { background: true });
  };
  const again = () => {
    act();
    arm();
  };
  arm();
  return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
}
