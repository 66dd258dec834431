/**
 * The recent latencies of one instance, roughly: four buckets to a power of two of milliseconds, the last half minute
 * at least and the last minute at most. For thresholds that compare instances, where a factor of 1.2 does not matter
 * and a record must cost next to nothing; what is shown to people is in `Histogram`.
 */
const HALF_MS = 30_000;
/** Everything below is alike. */
const LEAST_MS = 16;
const PER_DOUBLING = 4;
/** Up to 16 ms × 2^16, about 17 minutes. */
const BUCKETS = 16 * PER_DOUBLING + 1;

export class LatencyWindow {
  #current = new Float64Array(BUCKETS);
  #before = new Float64Array(BUCKETS);
  #since: number | undefined;

  record(ms: number): void {
    const bucket = ms < LEAST_MS ? 0 : Math.min(Math.ceil(Math.log2(ms / LEAST_MS) * PER_DOUBLING), BUCKETS - 1);
    this.#current[bucket] = (this.#current[bucket] ?? 0) + 1;
  }

  /** To be called now and then: forgets what is old. */
  roll(now: number): void {
    this.#since ??= now;
    if (now - this.#since < HALF_MS) return;
    const isLongAgo = now - this.#since >= 2 * HALF_MS;
    const oldest = this.#before;
    this.#before = this.#current;
    this.#current = oldest.fill(0);
    if (isLongAgo) this.#before.fill(0);
    this.#since = now;
  }

  /** Adds its counts to `sum`, or takes them away. */
  addTo(sum: Float64Array, sign: 1 | -1): void {
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      sum[bucket] = (sum[bucket] ?? 0) + sign * ((this.#current[bucket] ?? 0) + (this.#before[bucket] ?? 0));
    }
  }

  static emptySum(): Float64Array {
    return new Float64Array(BUCKETS);
  }
}

/** Fewer answers say nothing of the slowest of them. */
const LEAST_ANSWERS = 20;

/** What 95 of 100 answers took at most; undefined where there were too few to tell. */
export function p95Ms(sum: Float64Array): number | undefined {
  let count = 0;
  for (const one of sum) count += one;
  return count < LEAST_ANSWERS ? undefined : quantileMs(sum, 0.95);
}

/** The upper end of the bucket in which the quantile lies; undefined where nothing was recorded. */
export function quantileMs(sum: Float64Array, q: number): number | undefined {
  let count = 0;
  for (const one of sum) count += one;
  if (count === 0) return undefined;
  let seen = 0;
  const bucket = sum.findIndex((one) => {
    seen += one;
    return seen >= q * count;
  });
  return LEAST_MS * 2 ** (bucket / PER_DOUBLING);
}
