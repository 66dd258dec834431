import type { Split } from './routing-table.ts';

/**
 * Which revision a request goes to, where several serve at once.
 *
 * Dice keep a share only roughly: of 200 requests at 5 %, anything from 4 to 16 would be usual, and a canary is judged
 * by those few. A fixed order (each twentieth request) is exact, but beats in time with what it counts: a page that
 * makes twenty calls would send always the same one to the canary. So the draws are a Kronecker sequence, multiples of
 * the golden ratio modulo 1 (Weyl, 1916): after n requests each share is off by a few requests at most, however many
 * they were; the gaps between two of one share have three lengths and no period. It knows nothing of the weights, so it
 * goes on when they change.
 *
 * What the shares are of is requests, not instances: two instances at 5 % get 5 %, as one would.
 */
export class EvenDraw {
  #at = 0;

  /** From 0 to less than 1. */
  next(): number {
    this.#at = (this.#at + GOLDEN) >>> 0;
    return this.#at / RANGE;
  }
}

/** 2^32 divided by the golden ratio. It is odd, so the draws come back to the beginning only after all 2^32 values. */
const GOLDEN = 0x9e3779b9;
const RANGE = 2 ** 32;

/** What of a request the rules look at. */
export interface SplitFields {
  /** The name is lower case. */
  readonly header: (name: string) => string | undefined;
  readonly cookie: (name: string) => string | undefined;
  /** The name itself, where it is the host that is asked; the name is lower case, and has no port. */
  readonly host: (name: string) => string | undefined;
}

/** The revision that the first rule that matches names. */
export function ruledRevision({ rules }: Split, fields: SplitFields): string | undefined {
  return rules.find(({ kind, name, value }) => {
    const found = fields[kind](name);
    return found !== undefined && (value === undefined || found === value);
  })?.revision;
}

/** The revision whose part of the whole the draw (0 to less than 1) falls into. */
export function weightedRevision({ weights, stable }: Split, draw: number): string {
  let left = draw * 100;
  for (const revision in weights) {
    left -= weights[revision] ?? 0;
    if (left < 0) return revision;
  }
  // Weights such as 33.3 three times may add up to a hair less than 100.
  return stable;
}
