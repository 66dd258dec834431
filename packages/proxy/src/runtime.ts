import type { Encoders } from './client/encoders.ts';
import type { Openings } from './client/openings.ts';
import type { Clock } from './clock.ts';
import type { Deadlines } from './deadlines.ts';
import type { Recorder } from './record/recorder.ts';
import type { Stats } from './stats.ts';

/** What every part of the data plane shares. */
export interface Runtime {
  /** Milliseconds that never go back. */
  readonly now: () => number;
  /** What `now` reads: held while one event of a socket is handled. */
  readonly clock: Clock;
  readonly openings: Openings;
  readonly dice: () => number;
  readonly deadlines: Deadlines;
  readonly stats: Stats;
  readonly encoders: Encoders;
  readonly recorder: Recorder;
  /** A claim of the token that this field holds, where it was verified. */
  readonly claimOf: (authorization: string | undefined, claim: string) => string | undefined;
  /** No new request is taken on a connection that is kept. */
  readonly closing: () => boolean;
}
