import { ApiError, type Series } from '@islet/client';
import type { Answer, Input } from '@islet/client/remote';
import { labelReader, mergedHistogram } from '../metrics/merge.ts';
import { scaleOf } from '../metrics/otlp-metrics.ts';
import { rowsBetween, type SeriesFilter } from '../metrics/roll-up.ts';
import type { MetricRow } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { type Stretch, stretchOf } from './stretch.ts';

const POINTS = 240;
const SERIES = 200;
const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
const EVER = Number.POSITIVE_INFINITY;

/** From the finest steps that are still there, and that a chart can show: a week has as many hours as a chart has points. */
const TIERS = [
  { signal: 'metrics-10s', stepMs: 10_000, keptMs: DAY_MS, mostMs: 6 * HOUR_MS, finer: undefined },
  { signal: 'metrics-1m', stepMs: 60_000, keptMs: 14 * DAY_MS, mostMs: 2 * DAY_MS, finer: 'metrics-10s' },
  { signal: 'metrics-1h', stepMs: HOUR_MS, keptMs: EVER, mostMs: EVER, finer: 'metrics-1m' },
] as const;

/** What the names of the contract are made of. */
interface Wanted {
  readonly row: string;
  /** Undefined: as the kind of row asks for. */
  readonly quantile: number | undefined;
}

export function queryMetrics(store: Store, asked: Input<'metrics'>, now: number): Answer<'metrics'> {
  const { from, to: end } = stretchOf(asked, now);
  // The step that is under way would look like a fall.
  const to = Math.max(from, Math.min(end, Math.floor(now / TIERS[0].stepMs) * TIERS[0].stepMs - 1));
  const tier = TIERS.find(({ keptMs, mostMs }) => from >= now - keptMs && to - from <= mostMs) ?? TIERS[2];
  const stepMs = stepFor(to - from, Number(asked.points ?? POINTS), tier.stepMs);
  const by = (asked.by ?? '').split(',').filter(Boolean);
  const { row, quantile } = wantedOf(asked.name, by);
  const begin = Math.floor(from / stepMs) * stepMs;
  const stretch = { from: begin, to };
  const scope = scopeOf(by);
  const read = labelReader();
  const isInScope = (labels: string) => (read(labels).scope ?? scope) === scope;
  const series = { name: (name: string) => name === row, labels: isInScope };
  const rows = rowsOf(store, tier, { service: asked.service, series, stretch, now });
  const found = new Map<string, { readonly labels: Record<string, string>; readonly rows: MetricRow[] }>();
  for (const one of rows) {
    const shown = {
      ...(asked.service === undefined && by.includes('service') && { service: one.service }),
      ...pick(read(one.labels), by),
    };
    const key = JSON.stringify(shown);
    const known = found.get(key);
    if (known === undefined) found.set(key, { labels: shown, rows: [one] });
    else known.rows.push(one);
  }
  if (found.size > SERIES) throw tooMany(found.size);
  const steps = Array.from({ length: Math.ceil((to + 1 - begin) / stepMs) }, (_, index) => begin + index * stepMs);
  const curves = [...found.values()].map(({ labels, rows }) => {
    const [first] = rows;
    const byStep = Map.groupBy(rows, ({ at }) => Math.floor(at / stepMs) * stepMs);
    const points = steps.map((at): [number, number | null] => [
      at,
      valueOfStep(byStep.get(at), { quantile, stepMs: Math.min(stepMs, to + 1 - at) }),
    ]);
    return { labels, unit: unitOf(first), stepMs, points } satisfies Series;
  });
  return { series: curves, gaps: store.gaps.between(from, to, ['metrics', 'stored']) };
}

/** What is not rolled up yet is read as it came: the end of a chart is where people look. */
function rowsOf(
  store: Store,
  { signal, stepMs, finer }: (typeof TIERS)[number],
  { service, series, stretch: { from, to }, now }: RowsAsked,
): readonly MetricRow[] {
  const edge = Math.max(from, Math.floor(to / stepMs) * stepMs - stepMs);
  const isThere = TIERS.some((tier) => tier.signal === finer && edge >= now - tier.keptMs);
  if (finer === undefined || !isThere) return rowsBetween(store, signal, service, { from, to }, series);
  return [
    ...rowsBetween(store, signal, service, { from, to: edge - 1 }, series),
    ...rowsBetween(store, finer, service, { from: edge, to }, series),
  ];
}

interface RowsAsked {
  readonly service: string | undefined;
  readonly series: SeriesFilter;
  readonly stretch: Stretch;
  readonly now: number;
}

export function metricNames(store: Store, asked: Input<'metricNames'>, now: number): Answer<'metricNames'> {
  const { from, to } = stretchOf(asked, now);
  const rows = rowsBetween(store, 'metrics-10s', asked?.service, { from: Math.max(from, now - HOUR_MS), to });
  const names = Map.groupBy(rows, ({ name }) => name);
  return [...names]
    .map(([name, of]) => ({
      name,
      unit: of[0]?.unit ?? '',
      services: [...new Set(of.map(({ service }) => service))].sort(),
    }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Requests are counted by status class under a name of their own. A histogram is asked for by a quantile. */
function wantedOf(name: string, by: readonly string[]): Wanted {
  const [, histogram, percent] = /^(.+)\.p(\d{1,2}(?:\.\d+)?)$/.exec(name) ?? [];
  if (histogram !== undefined) return { row: histogram, quantile: Number(percent) / 100 };
  return { row: name === 'requests' && by.includes('class') ? 'responses' : name, quantile: undefined };
}

/** A request is counted once for each scope. */
function scopeOf(by: readonly string[]): string {
  if (by.includes('instance')) return 'instance';
  if (by.includes('revision')) return 'revision';
  return by.includes('route') ? 'route' : 'edge';
}

function pick(labels: Readonly<Record<string, string>>, by: readonly string[]): Record<string, string> {
  return Object.fromEntries(by.flatMap((key) => (labels[key] === undefined ? [] : [[key, labels[key]]])));
}

/** A whole number of the tier's steps. */
function stepFor(rangeMs: number, points: number, tierMs: number): number {
  return Math.max(1, Math.ceil(rangeMs / points / tierMs)) * tierMs;
}

export interface StepOf {
  readonly quantile: number | undefined;
  readonly stepMs: number;
}

/** A sum is told as a rate a second, a gauge as the mean in time of the sum over what it is of. */
export function valueOfStep(rows: readonly MetricRow[] | undefined, { quantile, stepMs }: StepOf): number | null {
  const [first] = rows ?? [];
  if (rows === undefined || first === undefined) return null;
  switch (first.kind) {
    case 'sum':
      return (rows.reduce((sum, row) => sum + row.sum, 0) / stepMs) * 1000;
    case 'gauge':
      return gaugeOf(rows);
    case 'histogram': {
      const merged = mergedHistogram(rows);
      if (merged.count === 0) return null;
      const whole = quantile === undefined ? merged.mean : merged.quantile(quantile);
      return whole / scaleOf(first.unit);
    }
  }
}

/** Of several instances the sum, of several readings of one the mean. */
function gaugeOf(rows: readonly MetricRow[]): number {
  const bySeries = Map.groupBy(rows, ({ service, labels }) => `${service} ${labels}`);
  const means = [...bySeries.values()].map((of) => {
    const count = of.reduce((sum, row) => sum + row.count, 0);
    return of.reduce((sum, row) => sum + row.sum, 0) / count;
  });
  return means.reduce((sum, mean) => sum + mean, 0);
}

function unitOf(row: MetricRow | undefined): string {
  if (row === undefined) return '';
  if (row.kind !== 'sum') return row.unit;
  return row.unit === '' || row.unit === '1' ? '1/s' : `${row.unit}/s`;
}

function tooMany(series: number): ApiError {
  return new ApiError('bad-request', `these would be ${series} series, more than ${SERIES}`, {
    hint: 'ask for one service, or by fewer labels',
  });
}
