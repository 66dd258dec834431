import type { Claim } from './measure/claim.ts';
import type { Pace } from './measure/options.ts';
import type { Pm2 } from './support/pm2.ts';
import type { Shop } from './support/shop.ts';

/** One group of claims. */
export interface Benchmark {
  readonly name: string;
  /** Each as soon as it is measured, so that a run that is broken off has told what it knew. */
  readonly claims: (context: Context) => AsyncIterable<Claim>;
}

/** What a benchmark may use. All that it starts by this is ended after the run, however the run ends. */
export interface Context {
  /** How often to do a thing: the first in a full run, the second in a quick one, the third in a short one, where that is not as in a full one. */
  readonly times: (full: number, quick: number, short?: number) => number;
  /** What takes longest is only in a full one. */
  readonly pace: Pace;
  /** Whether a claim is asked for, or some that begin with its name: what nobody asks for need not be measured. */
  readonly wants: (claim: string) => boolean;
  readonly signal: AbortSignal;
  /** Tells whoever waits; never on stdout. */
  readonly progress: (text: string) => void;
  /** The copy of the shop that all benchmarks of the run share; up or down, as the one before left it. */
  readonly shop: () => Promise<Shop>;
  /** pm2 with a home of its own, installed at the first call. */
  readonly pm2: () => Promise<Pm2>;
}
