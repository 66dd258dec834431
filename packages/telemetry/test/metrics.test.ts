import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Histogram } from '@islet/policy';
import fc from 'fast-check';
import { ownerOf } from '../src/metrics/gather.ts';
import { downsample, mergedHistogram } from '../src/metrics/merge.ts';
import {
  countedIn,
  type ProxyCounts,
  type ProxyReading,
  stateRows,
  trafficRows,
} from '../src/metrics/proxy-metrics.ts';
import { rollUp, rowsBetween } from '../src/metrics/roll-up.ts';
import { edgesAt, overviewOf } from '../src/query/activity.ts';
import { queryMetrics } from '../src/query/metrics.ts';
import type { MetricRow } from '../src/store/rows.ts';
import { Clock, metricRow, open, temporary } from './support.ts';

const HOUR_MS = 3_600_000;

function histogramRow(at: number, values: readonly number[]): MetricRow {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  const { sum, count, buckets } = histogram.toJSON();
  return metricRow({
    at,
    sum,
    count,
    name: 'latency',
    kind: 'histogram',
    unit: 'ms',
    min: 0,
    max: 0,
    buckets: JSON.stringify(buckets),
  });
}

test('downsampling is exact: an hour of its minutes is an hour of its steps, and both are all that came', () => {
  const values = fc.array(fc.array(fc.nat(5_000_000), { minLength: 1, maxLength: 5 }), {
    minLength: 1,
    maxLength: 60,
    size: 'max',
  });
  fc.assert(
    fc.property(values, (steps) => {
      const rows = steps.map((own, index) => histogramRow(index * 10_000, own));
      const [direct] = downsample(rows, HOUR_MS);
      const [twice] = downsample(downsample(rows, 60_000), HOUR_MS);
      assert.deepEqual(twice, direct);
      const all = new Histogram();
      for (const value of steps.flat()) all.record(value);
      const merged = mergedHistogram([direct!]);
      for (const q of [0.5, 0.95, 0.99]) assert.equal(merged.quantile(q), all.quantile(q));
      assert.equal(direct!.count, steps.flat().length);
      assert.equal(
        direct!.sum,
        steps.flat().reduce((sum, value) => sum + value, 0),
      );
    }),
    { numRuns: 60 },
  );
});

test('sums add up, gauges keep their readings, and series stay apart', () => {
  const gauge = (at: number, sum: number) => metricRow({ at, sum, name: 'cpu', kind: 'gauge', unit: 'cores' });
  const rows = [
    metricRow({ at: 0, sum: 2 }),
    metricRow({ at: 10_000, sum: 3 }),
    gauge(0, 1),
    gauge(10_000, 3),
    metricRow({ at: 0, sum: 7, labels: '{}' }),
  ];
  const merged = downsample(rows, 60_000).map(({ name, labels, sum, count, min, max }) => ({
    name,
    labels,
    sum,
    count,
    min,
    max,
  }));
  assert.deepEqual(merged, [
    { name: 'requests', labels: '{"caller":"web","scope":"edge"}', sum: 5, count: 2, min: 2, max: 3 },
    { name: 'cpu', labels: '{"caller":"web","scope":"edge"}', sum: 4, count: 2, min: 1, max: 3 },
    { name: 'requests', labels: '{}', sum: 7, count: 1, min: 7, max: 7 },
  ]);
});

test('what is missing of coarser steps is made of the finer ones, once, also after a pause or a kill', (t) => {
  const [folder, clock] = [temporary(t), new Clock()];
  const start = clock.now;
  let { store } = open({ folder, clock });
  for (let step = 0; step < 3 * 360; step++) {
    clock.now = start + step * 10_000;
    store.add('metrics-10s', 'orders', [metricRow({ at: clock.now, sum: 1 })]);
    // For an hour nobody rolls up; and in between whoever does is killed.
    if (step < 360 || step > 720) rollUp(store, clock.now);
    if (step % 100 === 0) {
      store.sync({});
      store.tend({ all: step % 200 === 0 });
      store = open({ folder, clock }).store;
    }
  }
  clock.now = start + 4 * HOUR_MS;
  rollUp(store, clock.now);
  rollUp(store, clock.now);
  const total = (signal: 'metrics-1m' | 'metrics-1h') =>
    rowsBetween(store, signal, 'orders', { from: 0, to: clock.now }).map(({ at, sum }) => [at, sum] as const);
  const minutes = total('metrics-1m');
  assert.equal(
    minutes.reduce((sum, [, one]) => sum + one, 0),
    1080,
  );
  assert.equal(new Set(minutes.map(([at]) => at)).size, minutes.length);
  assert.deepEqual(
    total('metrics-1h').map(([, sum]) => sum),
    [360, 360, 360],
  );
});

const counts = (changes: Partial<ProxyCounts> = {}): ProxyCounts => ({
  requests: 10,
  statuses: { '2xx': 8, '5xx': 1 },
  errors: { timeout: 1, 'client-gone': 1, 'client-slow': 1 },
  inFlight: 2,
  latencyUs: { count: 10, sum: 10_000, buckets: [[100, 10]] },
  ...changes,
});

test('between two readings what came is what was counted; a proxy that began anew begins at nothing', () => {
  const counted = {
    service: 'orders',
    labels: { scope: 'edge', caller: 'web' },
    counts: counts({ requests: 15, statuses: { '2xx': 12, '5xx': 2 } }),
  };
  const values = (before: ProxyCounts | undefined) =>
    Object.fromEntries(
      trafficRows(before, counted, 0).map(({ name, labels, sum }) => [
        `${name} ${JSON.parse(labels).class ?? ''}`.trim(),
        sum,
      ]),
    );
  assert.deepEqual(values(counts()), {
    requests: 5,
    errors: 1,
    'in-flight': 2,
    'responses 2xx': 4,
    'responses 5xx': 1,
  });
  assert.equal(values(counts({ requests: 99 })).requests, 15);
  assert.equal(values(undefined).requests, 15);
});

const READING: ProxyReading = {
  edges: [
    {
      ...counts(),
      from: { kind: 'gateway' },
      service: 'web',
      breaker: 'closed',
      byRoute: [{ ...counts(), route: 'GET /' }],
    },
    { ...counts(), from: { kind: 'edge', caller: 'web' }, service: 'orders', breaker: 'open', byRoute: [] },
    { ...counts(), from: { kind: 'gateway' }, breaker: 'closed', byRoute: [] },
  ],
  revisions: [{ ...counts(), service: 'orders', revision: 'abc' }],
  instances: [{ ...counts(), service: 'orders', instance: 'orders-abc.0-0', revision: 'abc', ejected: true }],
};

test('edges and overview are of any moment that is kept, with breakers and ejections', (t) => {
  const [folder, clock] = [temporary(t), new Clock()];
  const { store } = open({ folder, clock });
  const at = clock.now;
  const rows = [...countedIn(READING).flatMap((one) => trafficRows(undefined, one, at)), ...stateRows(READING, at)];
  for (const [service, own] of Map.groupBy(rows, (row) => row.service)) store.add('metrics-10s', service, own);
  store.sync({});
  store.tend({ all: true });
  clock.now += 2 * HOUR_MS;
  assert.deepEqual(edgesAt(store, { at: clock.now, windowMs: 60_000 }, clock.now), []);
  const edges = edgesAt(store, { at: at + 10_000, windowMs: 20_000 }, clock.now);
  const told = edges.map(({ caller, callee, rate, errorRate, inFlight, breaker, ejected }) => ({
    caller,
    callee,
    rate,
    errorRate,
    inFlight,
    breaker,
    ejected,
  }));
  assert.deepEqual(
    told.sort((one, other) => (one.callee < other.callee ? -1 : 1)),
    [
      { caller: 'gateway', callee: 'gateway', rate: 0.5, errorRate: 0.2, inFlight: 2, breaker: 'closed', ejected: [] },
      {
        caller: 'web',
        callee: 'orders',
        rate: 0.5,
        errorRate: 0.2,
        inFlight: 2,
        breaker: 'open',
        ejected: ['orders-abc.0-0'],
      },
      { caller: 'gateway', callee: 'web', rate: 0.5, errorRate: 0.2, inFlight: 2, breaker: 'closed', ejected: [] },
    ],
  );
  const overview = overviewOf(store, { at: at + 10_000, windowMs: 20_000 }, clock.now);
  assert.deepEqual(
    overview.map(({ service }) => service),
    ['orders', 'web'],
  );
  // Each request is counted once, though it was counted for its route, revision and instance too.
  assert.equal(overview[0]?.rate, 0.5);
});

test('a chart has a value for each step, nothing where nothing was, and one series for each label', (t) => {
  const [folder, clock] = [temporary(t), new Clock()];
  const { store } = open({ folder, clock });
  const start = clock.now;
  for (let step = 0; step < 6; step++) {
    if (step === 2) continue;
    store.add('metrics-10s', 'orders', [
      metricRow({ at: start + step * 10_000, sum: 20 }),
      metricRow({ at: start + step * 10_000, sum: 10, labels: '{"caller":"mobile","scope":"edge"}' }),
      metricRow({ at: start + step * 10_000, sum: 30, labels: '{"revision":"abc","scope":"revision"}' }),
      histogramRow(start + step * 10_000, [1_000, 2_000, 100_000]),
    ]);
  }
  clock.now = start + 60_000;
  const ask = (asked: object) =>
    queryMetrics(
      store,
      { name: 'requests', service: 'orders', from: start, to: clock.now, points: 6, ...asked },
      clock.now,
    ).series;
  assert.deepEqual(
    ask({}).map(({ points }) => points.map(([, value]) => value)),
    [[3, 3, null, 3, 3, 3]],
  );
  assert.deepEqual(
    ask({ by: 'caller' }).map(({ labels, points }) => [labels.caller, points[0]?.[1]]),
    [
      ['web', 2],
      ['mobile', 1],
    ],
  );
  assert.deepEqual(
    ask({ by: 'revision' }).map(({ labels, unit, points }) => [labels, unit, points[0]?.[1]]),
    [[{ revision: 'abc' }, '1/s', 3]],
  );
  const [p50] = ask({ name: 'latency.p50' });
  assert(Math.abs((p50?.points[0]?.[1] ?? 0) - 2) < 0.02 && p50?.unit === 'ms');
});

test('a chart of a week is made of hours, and of minutes where the hour is not over; one that ends long ago, of what is left', (t) => {
  const [folder, clock] = [temporary(t), new Clock()];
  const { store } = open({ folder, clock });
  const [hour, day] = [3_600_000, 86_400_000];
  const end = Math.floor(clock.now / hour) * hour + 30 * 60_000;
  clock.now = end;
  // Each second one request: rolled up up to the hour before, by the minute since.
  for (let at = end - 8 * day; at < end - 30 * 60_000; at += hour)
    store.add('metrics-1h', 'orders', [metricRow({ at: Math.floor(at / hour) * hour, sum: 3_600 })]);
  for (let at = end - 3 * hour; at < end; at += 60_000) store.add('metrics-1m', 'orders', [metricRow({ at, sum: 60 })]);
  const ask = (to: number) =>
    queryMetrics(
      store,
      { name: 'requests', service: 'orders', from: to - 7 * day, to, points: 168 },
      clock.now,
    ).series[0]?.points.map(([, value]) => value);
  assert.deepEqual(new Set(ask(end)), new Set([1]));
  // Minutes are kept for two weeks, and this is before the first of them that is there; hours go on.
  clock.now = end + 15 * day;
  assert.deepEqual(new Set(ask(end - 30 * 60_000 - 1)), new Set([1]));
});

for (const [process, service, prefix] of [
  ['orders-3f9a.0-1', 'orders', ''],
  ['orders-x-3f9a.0-1', 'orders-x', ''],
  ['postgres-orders', 'orders', 'store.'],
  ['redis-orders-x', 'orders-x', 'store.'],
  ['telemetry', 'islet', 'process.'],
] as const) {
  test(`what ${process} uses counts for ${service}`, () => {
    const owner = ownerOf(process, ['orders', 'orders-x']);
    assert.deepEqual([owner.service, owner.prefix], [service, prefix]);
  });
}
