import type { MetricRow } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { downsample } from './merge.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Points may come so late, and are still in their minute. */
const LATE_MS = 30_000;

const TIERS = [
  { from: 'metrics-10s', to: 'metrics-1m', stepMs: MINUTE_MS, lateMs: LATE_MS, mostMs: 24 * HOUR_MS },
  { from: 'metrics-1m', to: 'metrics-1h', stepMs: HOUR_MS, lateMs: 2 * LATE_MS, mostMs: 14 * 24 * HOUR_MS },
] as const;

/**
 * Makes the coarser rows that are missing, from the finer ones that are there. What is missing is seen in the store itself:
 * so a minute is rolled up once, also when whoever did it was killed in the middle, and also a day later.
 */
export function rollUp(store: Store, now: number): void {
  for (const { from, to, stepMs, lateMs, mostMs } of TIERS) {
    const until = Math.floor((now - lateMs) / stepMs) * stepMs;
    for (const service of servicesOf(store, from)) {
      const done = newest(store, to, service);
      const begin = done === undefined ? until - mostMs : Math.max(done + stepMs, until - mostMs);
      if (begin >= until) continue;
      const rows = rowsBetween(store, from, service, { from: begin, to: until - 1 });
      store.add(to, service, downsample(rows, stepMs));
    }
  }
}

type Tier = 'metrics-10s' | 'metrics-1m' | 'metrics-1h';

function servicesOf(store: Store, signal: Tier): readonly string[] {
  const named = [
    ...store.shelves(signal).map(({ service }) => service),
    ...store.heads(signal).flatMap(({ rows }) => rows.slice(-1).map(({ service }) => service)),
  ];
  return [...new Set(named)];
}

/** The instant of the newest row; undefined: there is none. */
function newest(store: Store, signal: Tier, service: string): number | undefined {
  const stored = store.shelves(signal, service).flatMap(({ segments }) => segments.map(({ to }) => to));
  const known = [...stored, ...store.heads(signal, service).flatMap(({ rows }) => rows.slice(-1).map(({ at }) => at))];
  return known.length === 0 ? undefined : Math.max(...known);
}

/** Of many series the few that somebody asks for: what is left out is not made. */
export interface SeriesFilter {
  readonly name: (name: string) => boolean;
  /** Of its labels' text. */
  readonly labels?: (labels: string) => boolean;
}

/** Both ends included. Blocks that are damaged are passed over, and noted. */
export function rowsBetween(
  store: Store,
  signal: Tier,
  service: string | undefined,
  stretch: { readonly from: number; readonly to: number },
  { name: isNamed, labels: areLabels = () => true }: SeriesFilter = { name: () => true },
): readonly MetricRow[] {
  const found: MetricRow[] = [];
  const isIn = (at: number) => at >= stretch.from && at <= stretch.to;
  for (const shelf of store.shelves(signal, service)) {
    for (const block of shelf.blocks(stretch)) {
      try {
        const [at, name] = [block.column<number>('at'), block.column<string>('name')];
        const labels = block.column<string>('labels');
        for (let index = 0; index < block.header.rows; index++) {
          if (isIn(at.at(index)) && isNamed(name.at(index)) && areLabels(labels.at(index)))
            found.push(block.row(index));
        }
      } catch {
        store.noteDamaged(signal, shelf.service, block.header);
      }
    }
  }
  for (const { rows } of store.heads(signal, service)) {
    for (const row of rows) if (isIn(row.at) && isNamed(row.name) && areLabels(row.labels)) found.push(row);
  }
  return found;
}
