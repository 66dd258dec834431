import type { OtlpPoint } from './model.ts';

type Buckets = OtlpPoint['buckets'];

/** Bounds that are written out; beyond the last one there is one more count. */
export function explicitBuckets(
  bounds: readonly number[],
  counts: readonly number[],
  max: number | undefined,
): Buckets {
  return counts.flatMap((count, index) => {
    const bound = bounds[index] ?? max ?? bounds.at(-1);
    return count === 0 || bound === undefined ? [] : [[bound, count] as const];
  });
}

/** Bounds that are powers of 2^(2^-scale); values of zero have a count of their own. Negative ones are no durations. */
export function exponentialBuckets({ scale, zeros, offset, counts }: Exponential): Buckets {
  const found: (readonly [number, number])[] = zeros === 0 ? [] : [[0, zeros]];
  for (const [index, count] of counts.entries()) {
    if (count > 0) found.push([2 ** ((offset + index + 1) * 2 ** -scale), count]);
  }
  return found;
}

interface Exponential {
  readonly scale: number;
  readonly zeros: number;
  readonly offset: number;
  readonly counts: readonly number[];
}
