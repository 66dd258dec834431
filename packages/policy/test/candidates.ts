import { PeakEwma } from '../src/index.ts';

export interface Member {
  readonly id: string;
  inFlight: number;
  cameAt: number;
  readonly ewma: PeakEwma;
}

export function member(id: string, { inFlight = 0, cameAt = Number.NEGATIVE_INFINITY } = {}): Member {
  return { id, inFlight, cameAt, ewma: new PeakEwma() };
}

export function members(count: number): Member[] {
  return Array.from({ length: count }, (_, index) => member(`orders-a.0-${index + 1}`));
}

/** Seeded dice (Mulberry32): from 0 to less than 1. */
export function diceOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
