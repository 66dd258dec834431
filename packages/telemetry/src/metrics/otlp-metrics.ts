import { bucketOf } from '@islet/policy';
import type { Identity } from '../otlp/identity.ts';
import type { OtlpMetric, OtlpPoint } from '../otlp/model.ts';
import type { MetricRow } from '../store/rows.ts';
import { labelsText } from './merge.ts';

/** Series of which the last count is remembered; the oldest are forgotten. */
const SERIES = 50_000;
const LABEL_CHARS = 200;
const STEP_MS = 10_000;
const LARGEST = 2 ** 32 - 1;

/**
 * Metrics that services send, as rows. Counters that count since the beginning become what came since the last point; the
 * first point of such a series is where counting begins, or a restart of Islet would show a spike.
 */
export class OtlpMetrics {
  readonly #last = new Map<string, OtlpPoint>();

  rowsOf(metric: OtlpMetric, { service, instance, revision }: Identity): MetricRow[] {
    return metric.points.flatMap((point) => {
      const labels = labelsText({ ...shortened(point.attributes), instance, revision });
      const counts = metric.cumulative && metric.kind !== 'gauge';
      const since = counts ? this.#since(`${service} ${metric.name} ${labels}`, point) : point;
      if (since === undefined) return [];
      const common = { service, name: metric.name, labels, unit: metric.unit, kind: metric.kind, at: stepOf(point.at) };
      if (metric.kind !== 'histogram') {
        return [{ ...common, sum: since.value, count: 1, min: since.value, max: since.value, buckets: '' }];
      }
      const scale = scaleOf(metric.unit);
      const [min, max] = [point.min ?? 0, point.max ?? 0].map((value) => value * scale);
      return [
        {
          ...common,
          sum: since.value * scale,
          count: since.count,
          min: min ?? 0,
          max: max ?? 0,
          buckets: JSON.stringify(whole(since.buckets, scale)),
        },
      ];
    });
  }

  #since(key: string, point: OtlpPoint): OtlpPoint | undefined {
    const before = this.#last.get(key);
    this.#last.delete(key);
    this.#last.set(key, point);
    if (this.#last.size > SERIES) {
      for (const oldest of this.#last.keys()) {
        this.#last.delete(oldest);
        break;
      }
    }
    if (before === undefined) return undefined;
    // It has begun anew: all of it came since.
    if (point.startAt > before.startAt || point.count < before.count || point.value < before.value) return point;
    const earlier = new Map(before.buckets);
    const buckets = point.buckets.map(([bound, count]) => [bound, count - (earlier.get(bound) ?? 0)] as const);
    return {
      ...point,
      value: point.value - before.value,
      count: point.count - before.count,
      buckets: buckets.filter(([, count]) => count > 0),
    };
  }
}

/** How many of the whole units that histograms count make one of the metric's. */
export function scaleOf(unit: string): number {
  return unit === 's' ? 1_000_000 : 1_000;
}

function whole(buckets: OtlpPoint['buckets'], scale: number): readonly (readonly [number, number])[] {
  const counts = new Map<number, number>();
  for (const [atMost, count] of buckets) {
    const bucket = bucketOf(Math.round(Math.min(LARGEST, Math.max(0, atMost * scale))));
    counts.set(bucket, (counts.get(bucket) ?? 0) + count);
  }
  return [...counts].sort(([one], [other]) => one - other);
}

function stepOf(at: number): number {
  return Math.floor(at / STEP_MS) * STEP_MS;
}

function shortened(attributes: OtlpPoint['attributes']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(attributes).map(([key, value]) => [key, String(value).slice(0, LABEL_CHARS)]),
  );
}
