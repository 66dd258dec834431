import type { LogRow, MetricRow, SpanRow } from './store/rows.ts';
import type { Store } from './store/store.ts';

/** Who has measured: Islet itself, or a service that sent it. */
export type MeasuredBy = 'islet' | 'otlp';

/** What of telemetry somebody wants to hear of as it comes. */
export interface Listener {
  readonly spans?: (rows: readonly SpanRow[]) => void;
  readonly logs?: (rows: readonly LogRow[], first: number) => void;
  readonly metrics?: (rows: readonly MetricRow[], from: MeasuredBy) => void;
}

const MINUTE_MS = 60_000;
const KINDS = ['spans', 'logs', 'points'] as const;

/** The one way into the store: whatever comes is counted, stored, and told to whoever listens. */
export class Taken {
  readonly #store: Store;
  readonly #now: () => number;
  readonly #listeners = new Set<Listener>();
  /** Of the last seconds, how many of each kind. */
  #counts: { readonly second: number; spans: number; logs: number; points: number }[] = [];

  constructor(store: Store, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  listen(listener: Listener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  /** Of any services. */
  spans(rows: readonly SpanRow[]): void {
    this.#count('spans', rows.length);
    for (const [service, own] of Map.groupBy(rows, (row) => row.service)) this.#store.add('spans', service, own);
    for (const { spans } of this.#listeners) spans?.(rows);
  }

  logs(service: string, rows: readonly LogRow[]): void {
    this.#count('logs', rows.length);
    this.#store.add('logs', service, rows);
    const next = this.#store.heads('logs', service).at(0);
    const first = next === undefined ? 0 : next.first + next.rows.length - rows.length;
    for (const { logs } of this.#listeners) logs?.(rows, first);
  }

  metrics(service: string, rows: readonly MetricRow[], from: MeasuredBy): void {
    this.#count('points', rows.length);
    this.#store.add('metrics-10s', service, rows);
    for (const { metrics } of this.#listeners) metrics?.(rows, from);
  }

  /** Each second, over the last minute. */
  rates(): { readonly spans: number; readonly logs: number; readonly points: number } {
    const recent = this.#recent();
    const of = (kind: (typeof KINDS)[number]) =>
      recent.reduce((sum, count) => sum + count[kind], 0) / (MINUTE_MS / 1000);
    return { spans: of('spans'), logs: of('logs'), points: of('points') };
  }

  #count(kind: (typeof KINDS)[number], rows: number): void {
    const second = Math.floor(this.#now() / 1000);
    const last = this.#counts.at(-1);
    if (last?.second === second) last[kind] += rows;
    else {
      this.#counts = this.#recent();
      this.#counts.push({ second, spans: 0, logs: 0, points: 0, [kind]: rows });
    }
  }

  #recent() {
    const from = (this.#now() - MINUTE_MS) / 1000;
    return this.#counts.filter(({ second }) => second >= from);
  }
}
