/**
 * Power of two choices: of two candidates drawn at random, the one with fewer requests in flight.
 *
 * Picking the least loaded of all makes a herd: every proxy worker sends the next request to the same instance, which was
 * idle a moment ago. Picking at random ignores a slow instance. Two draws keep the longest queue near log log n
 * (Mitzenmacher, 2001), need no shared order, and see a slow instance at once because its requests pile up.
 */
export function leastOfTwo<T extends Loaded>(candidates: readonly T[], dice: () => number): T | undefined {
  const count = candidates.length;
  if (count < 2) return candidates[0];
  const first = Math.floor(dice() * count);
  // The second draw skips the first, so that two candidates are always compared with each other.
  const second = (first + 1 + Math.floor(dice() * (count - 1))) % count;
  const a = candidates[first];
  const b = candidates[second];
  if (a === undefined || b === undefined) return a ?? b;
  return b.inFlight < a.inFlight ? b : a;
}

export interface Loaded {
  readonly inFlight: number;
}
