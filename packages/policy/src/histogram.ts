/**
 * Latency histogram with a bounded relative error, mergeable across instances, workers and minutes.
 *
 * Equal-width buckets waste memory or lose the tail; a list of quantiles can't be merged. Log-linear buckets (as in
 * HdrHistogram) do both: each power of two is cut into 64 equal buckets, so a bucket is never wider than 1/64 of its
 * lower end and its middle is off by at most 1/128 (0.8 %). Merging adds counts and loses nothing.
 *
 * Where nothing was ever recorded there is no memory: a power of two has its buckets from its first value on. What many
 * routes are counted by therefore costs a few kilobytes each, and not fourteen.
 *
 * Values are whole units (the proxy records microseconds) from 0 to 2^32 - 1; larger ones count as the largest.
 * Values below 128 have a bucket each, so small ones are exact.
 */
const SUB_BITS = 6;
const SUB_COUNT = 1 << SUB_BITS;
const MAX_VALUE = 2 ** 32 - 1;
const ROWS = 32 - SUB_BITS + 1;
const BUCKETS = ROWS * SUB_COUNT;

/** Sparse and plain, for JSON: pairs of bucket and count, by bucket. */
export interface HistogramData {
  readonly count: number;
  readonly sum: number;
  readonly buckets: readonly (readonly [bucket: number, count: number])[];
}

/** What was recorded between two looks at one histogram, which has only grown in between. */
export function recordedSince(before: HistogramData | undefined, after: HistogramData): HistogramData {
  if (before === undefined || before.count > after.count) return after;
  const earlier = new Map(before.buckets);
  const buckets = after.buckets
    .map(([bucket, count]) => [bucket, count - (earlier.get(bucket) ?? 0)] as const)
    .filter(([, count]) => count > 0);
  return { count: after.count - before.count, sum: after.sum - before.sum, buckets };
}

export class Histogram {
  /** The buckets of each power of two. */
  readonly #rows: (Float64Array | undefined)[] = new Array(ROWS).fill(undefined);
  #count = 0;
  #sum = 0;

  static from(data: HistogramData): Histogram {
    const histogram = new Histogram();
    for (const [bucket, count] of data.buckets) histogram.#add(bucket, count);
    histogram.#sum = data.sum;
    return histogram;
  }

  get count(): number {
    return this.#count;
  }

  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count;
  }

  record(value: number): void {
    const whole = value >= MAX_VALUE ? MAX_VALUE : value > 0 ? Math.round(value) : 0;
    this.#add(bucketOf(whole), 1);
    this.#sum += whole;
  }

  merge(other: Histogram): void {
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const count = other.#at(bucket);
      if (count > 0) this.#add(bucket, count);
    }
    this.#sum += other.#sum;
  }

  /** The value below or at which a share `q` (0 to 1) of the recorded values lies; 0 when nothing was recorded. */
  quantile(q: number): number {
    const rank = Math.max(1, Math.ceil(q * this.#count));
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.#at(bucket);
      if (seen >= rank) return middleOf(bucket);
    }
    return 0;
  }

  /** How many of the recorded values lie above it; those of its own bucket do not. */
  countAbove(value: number): number {
    const whole = Math.min(MAX_VALUE, Math.max(0, Math.floor(value)));
    let count = 0;
    for (let bucket = bucketOf(whole) + 1; bucket < BUCKETS; bucket++) count += this.#at(bucket);
    return count;
  }

  toJSON(): HistogramData {
    const buckets: [number, number][] = [];
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const count = this.#at(bucket);
      if (count > 0) buckets.push([bucket, count]);
    }
    return { count: this.#count, sum: this.#sum, buckets };
  }

  #at(bucket: number): number {
    return this.#rows[bucket >>> SUB_BITS]?.[bucket & (SUB_COUNT - 1)] ?? 0;
  }

  #add(bucket: number, count: number): void {
    const index = bucket >>> SUB_BITS;
    let row = this.#rows[index];
    if (row === undefined) {
      row = new Float64Array(SUB_COUNT);
      this.#rows[index] = row;
    }
    const column = bucket & (SUB_COUNT - 1);
    row[column] = (row[column] ?? 0) + count;
    this.#count += count;
  }
}

/** The bucket that counts a whole value. */
export function bucketOf(value: number): number {
  if (value < SUB_COUNT) return value;
  const shift = 31 - Math.clz32(value) - SUB_BITS;
  return shift * SUB_COUNT + (value >>> shift);
}

/** The largest value that this bucket counts. */
export function upperEndOf(bucket: number): number {
  if (bucket < 2 * SUB_COUNT) return bucket;
  const shift = Math.floor(bucket / SUB_COUNT) - 1;
  return (bucket - shift * SUB_COUNT + 1) * 2 ** shift - 1;
}

function middleOf(bucket: number): number {
  if (bucket < 2 * SUB_COUNT) return bucket;
  const shift = Math.floor(bucket / SUB_COUNT) - 1;
  const lower = (bucket - shift * SUB_COUNT) * 2 ** shift;
  return lower + (2 ** shift - 1) / 2;
}
