import { scaleOf } from '../metrics/otlp-metrics.ts';
import type { MetricRow } from '../store/rows.ts';

/** What an exponential histogram of OpenTelemetry says: bucket `index` holds (base^index, base^(index+1)], base = 2^(2^-scale). */
export interface Exponential {
  readonly scale: number;
  readonly zeros: number;
  readonly offset: number;
  readonly counts: readonly number[];
}

/** Buckets that OpenTelemetry's own SDKs keep at most. */
const MOST_BUCKETS = 160;
/** 2^(1/32): a bucket is 2.2 % wide, where ours are at most 1.6 %. */
const FINEST = 5;

/** Counts by the upper end of their bucket, in whole units of the store. */
export type Counts = ReadonlyMap<number, number>;

/**
 * As few buckets as OpenTelemetry's own, as fine as that allows. `upperEnd` is in whole units, of which `unitScale` make one of
 * the metric's. The middle of a bucket would be nearer, and an upper end never tells less than there was.
 */
export function exponentialOf(counts: Counts, unit: MetricRow['unit']): Exponential {
  const unitScale = scaleOf(unit);
  let zeros = 0;
  let indexed = new Map<number, number>();
  for (const [end, count] of counts) {
    if (end === 0) zeros += count;
    else add(indexed, Math.ceil(Math.log2(end / unitScale) * 2 ** FINEST) - 1, count);
  }
  let scale = FINEST;
  while (widthOf(indexed) > MOST_BUCKETS) {
    const coarser = new Map<number, number>();
    for (const [index, count] of indexed) add(coarser, index >> 1, count);
    indexed = coarser;
    scale--;
  }
  const offset = indexed.size === 0 ? 0 : Math.min(...indexed.keys());
  const filled = Array.from({ length: widthOf(indexed) }, (_, at) => indexed.get(offset + at) ?? 0);
  return { scale, zeros, offset, counts: filled };
}

function add(into: Map<number, number>, key: number, count: number): void {
  into.set(key, (into.get(key) ?? 0) + count);
}

function widthOf(indexed: ReadonlyMap<number, number>): number {
  return indexed.size === 0 ? 0 : Math.max(...indexed.keys()) - Math.min(...indexed.keys()) + 1;
}
