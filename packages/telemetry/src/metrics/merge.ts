import { Histogram, type HistogramData } from '@islet/policy';
import type { MetricRow } from '../store/rows.ts';

/**
 * Rows of one series over a longer step. Nothing is averaged of averages: sums add up, readings keep their sum, their count
 * and their extremes, and histograms merge bucket by bucket. So an hour's row says exactly what its 360 rows of 10 s say.
 */
export function downsample(rows: readonly MetricRow[], stepMs: number): readonly MetricRow[] {
  const merged = new Map<string, MetricRow[]>();
  for (const row of rows) {
    const at = Math.floor(row.at / stepMs) * stepMs;
    const key = `${at} ${row.name} ${row.labels} ${row.service}`;
    const known = merged.get(key);
    if (known === undefined) merged.set(key, [{ ...row, at }]);
    else known.push(row);
  }
  return [...merged.values()].map(mergeRows).sort((one, other) => one.at - other.at);
}

/** Of one series; the first one's instant. */
function mergeRows(rows: readonly MetricRow[]): MetricRow {
  const [first] = rows;
  if (first === undefined) throw new Error('there is nothing to merge');
  if (rows.length === 1) return first;
  let [sum, count, min, max] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const row of rows) {
    sum += row.sum;
    count += row.count;
    min = Math.min(min, row.min);
    max = Math.max(max, row.max);
  }
  const buckets = first.kind === 'histogram' ? bucketsText(mergedHistogram(rows)) : '';
  return { ...first, sum, count, min, max, buckets };
}

export function mergedHistogram(rows: readonly MetricRow[]): Histogram {
  const counts = new Map<number, number>();
  let [sum, count] = [0, 0];
  for (const row of rows) {
    sum += row.sum;
    count += row.count;
    for (const [bucket, of] of bucketsIn(row)) counts.set(bucket, (counts.get(bucket) ?? 0) + of);
  }
  return Histogram.from({ sum, count, buckets: [...counts].sort(([one], [other]) => one - other) });
}

function bucketsText(histogram: Histogram): string {
  return JSON.stringify(histogram.toJSON().buckets);
}

function bucketsIn({ buckets }: MetricRow): HistogramData['buckets'] {
  return buckets === '' ? [] : (JSON.parse(buckets) as HistogramData['buckets']);
}

/** Of few series with many rows each: a text is read once. */
export function labelReader(): (labels: string) => Readonly<Record<string, string>> {
  const known = new Map<string, Readonly<Record<string, string>>>();
  return (labels) => {
    const found = known.get(labels);
    if (found !== undefined) return found;
    const read = JSON.parse(labels) as Record<string, string>;
    known.set(labels, read);
    return read;
  };
}

/** Keys sorted, so that one series has one text. */
export function labelsText(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1))));
}
