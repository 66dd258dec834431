import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { DEFAULT_TELEMETRY } from '@islet/spec';
import { expire, keepMsOf } from '../src/store/retention.ts';
import type { Signal } from '../src/store/schema.ts';
import { Shelf } from '../src/store/shelf.ts';
import { SCHEMAS } from '../src/store/signals.ts';
import { logRow, metricRow, temporary } from './support.ts';

const DAY_MS = 86_400_000;
const POLICY = {
  ...DEFAULT_TELEMETRY,
  logs: { ...DEFAULT_TELEMETRY.logs, keepMs: 7 * DAY_MS },
  traces: { ...DEFAULT_TELEMETRY.traces, keepMs: 3 * DAY_MS },
};
/** Each block in a segment of its own. */
const APART = { keepMs: 0, maxBytes: 1e9 };

for (const [signal, keepDays, kept] of [
  ['logs', 90, 7],
  ['spans', 90, 3],
  ['traces', 90, 3],
  ['metrics-10s', 90, 1],
  ['metrics-10s', 0.5, 0.5],
  ['metrics-1m', 90, 14],
  ['metrics-1m', 10, 10],
  ['metrics-1h', 90, 90],
] as const satisfies readonly (readonly [Signal, number, number])[]) {
  test(`${signal} are kept for ${kept} days where metrics are for ${keepDays}`, () => {
    const metrics = { ...POLICY.metrics, keepMs: keepDays * DAY_MS };
    assert.equal(keepMsOf(signal, { ...POLICY, metrics }), kept * DAY_MS);
  });
}

test('of a service with too much the oldest logs go first, and metrics last, however old', (t) => {
  const folder = temporary(t);
  const logs = new Shelf({ folder: join(folder, 'logs'), signal: 'logs', service: 'orders' }, SCHEMAS.logs);
  const metrics = new Shelf(
    { folder: join(folder, 'metrics'), signal: 'metrics-1h', service: 'orders' },
    SCHEMAS['metrics-1h'],
  );
  metrics.put({ rows: [metricRow({ at: 1_000, sum: 1 })], first: 0, last: 0 }, APART);
  for (const at of [5_000, 6_000, 7_000])
    logs.put({ rows: [logRow({ at, text: `at ${at}` })], first: at, last: at }, APART);
  const shelves = [logs, metrics] as unknown as readonly Shelf<unknown>[];
  const bytes = logs.bytes + metrics.bytes;
  const keep = (maxDiskBytes: number) => {
    expire(shelves, { policyOf: () => ({ ...POLICY, maxDiskBytes }), now: 10_000 });
    return [...logs.segments, ...metrics.segments].map(({ to }) => to);
  };
  assert.deepEqual(keep(bytes), [5_000, 6_000, 7_000, 1_000]);
  assert.deepEqual(keep(bytes - 1), [6_000, 7_000, 1_000]);
  assert.deepEqual(keep(metrics.bytes), [1_000]);
  assert.deepEqual(keep(metrics.bytes - 1), []);
});
