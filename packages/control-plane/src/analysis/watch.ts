import type { TrafficDriver } from '@islet/driver';
import type { Clock } from '../clock.ts';
import { within } from '../deadlines.ts';
import type { Analyst } from './analyst.ts';
import { COUNTS_MS, LOOK_EVERY_MS } from './limits.ts';

/** Looks at the requests while a trial is open, and then lets `plan` see them. */
export interface Watching {
  /** A look that begins now: what was answered before this call is in it. */
  look(): Promise<void>;
  close(): void;
}

export interface WatchingParts {
  readonly traffic: Pick<TrafficDriver, 'revisions'>;
  readonly onLook: () => void;
  readonly clock: Clock;
}

export function watchTrials(analyst: Analyst, { traffic, onLook, clock }: WatchingParts): Watching {
  // One after the other: a look that began earlier must not come in after a later one.
  let last = Promise.resolve();
  let pending = 0;
  const look = () => {
    pending += 1;
    last = last.then(lookOnce).finally(() => {
      pending -= 1;
    });
    return last;
  };
  const lookOnce = async () => {
    if (!analyst.isBusy()) return;
    // A proxy that does not answer has nothing to tell; when it is back it counts from nothing.
    const deadline = { clock, afterMs: COUNTS_MS, what: 'looking at the requests' };
    const counts = await within(deadline, (signal) => traffic.revisions({ signal })).catch(() => undefined);
    if (counts === undefined) return;
    analyst.look(counts);
    onLook();
  };
  let timer: Disposable;
  const arm = () => {
    timer = clock.after(LOOK_EVERY_MS, lookAgain, { background: true });
  };
  const lookAgain = () => {
    if (pending === 0) void look();
    arm();
  };
  arm();
  return { look, close: () => timer[Symbol.dispose]() };
}
