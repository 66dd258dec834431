import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { DEFAULT_TELEMETRY, type TelemetrySpec } from '@islet/spec';
import type { LogRow, MetricRow, SpanRow } from '../src/store/rows.ts';
import { Store } from '../src/store/store.ts';

export function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'islet-telemetry-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A clock that stands still until it is told to go. */
export class Clock {
  now = Date.UTC(2026, 10, 27, 9);
  readonly read = () => this.now;
}

export interface Opened {
  readonly folder: string;
  readonly clock: Clock;
  readonly policy?: Partial<TelemetrySpec>;
  readonly freeBytes?: () => number;
}

export function open({ folder, clock, policy = {}, freeBytes = () => 1e12 }: Opened): { store: Store; state: unknown } {
  return Store.open({ folder, now: clock.read, policyOf: () => ({ ...DEFAULT_TELEMETRY, ...policy }), freeBytes });
}

export function logRow(changes: Partial<LogRow> & Pick<LogRow, 'at' | 'text'>): LogRow {
  return {
    service: 'orders',
    instance: 'orders-abc.0-0',
    revision: 'abc',
    stream: 'output',
    level: 'info',
    trace: '',
    span: '',
    attributes: '',
    ...changes,
  };
}

export function spanRow(changes: Partial<SpanRow> & Pick<SpanRow, 'trace' | 'span' | 'at'>): SpanRow {
  return {
    parent: '',
    service: 'orders',
    revision: 'abc',
    instance: 'orders-abc.0-0',
    name: 'GET /orders',
    kind: 'server',
    source: 'otlp',
    endAt: changes.at + 5,
    status: 'unset',
    message: '',
    attributes: '',
    events: '',
    ...changes,
  };
}

export function metricRow(changes: Partial<MetricRow> & Pick<MetricRow, 'at' | 'sum'>): MetricRow {
  return {
    service: 'orders',
    name: 'requests',
    labels: '{"caller":"web","scope":"edge"}',
    unit: '1',
    kind: 'sum',
    count: 1,
    min: changes.sum,
    max: changes.sum,
    buckets: '',
    ...changes,
  };
}

/** Ids that look like ids. */
export function traceId(number: number): string {
  return number.toString(16).padStart(32, 'a');
}

export function spanId(number: number): string {
  return number.toString(16).padStart(16, 'b');
}

/** All log texts that a store tells, the oldest first. */
export function textsIn(store: Store): string[] {
  const sealed = store
    .shelves('logs')
    .flatMap((shelf) =>
      [...shelf.blocks({ from: 0, to: Number.MAX_SAFE_INTEGER })].flatMap((block) =>
        Array.from({ length: block.header.rows }, (_, index) => block.row(index)),
      ),
    );
  const rows = [...sealed, ...store.heads('logs').flatMap((head) => head.rows)];
  return rows.sort((one, other) => one.at - other.at).map(({ text }) => text);
}
