import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Capacity } from '@islet/client';
import pico from 'picocolors';
import { renderCapacity } from '../src/render/capacity.ts';

type Forecast = Extract<Capacity, { kind: 'forecast' }>;

const AT = { waits: 0.3, waitMs: 2.38, meanMs: 15.1, p95Ms: 36.7, inFlight: 7.56 };
const CAPACITY: Forecast = {
  kind: 'forecast',
  service: 'orders',
  rps: 500,
  seen: { overMs: 10_000, requests: 619, rps: 61.9, meanMs: 13.3, p95Ms: 32.1, instances: 1, cores: 0.17 },
  model: { limit: 'cores', serversPerInstance: 1, serviceMs: 2.73, restMeanMs: 10, restP95Ms: 20 },
  needed: { instances: 2, utilizationPercent: 68.3, ...AT },
  error: { mean: -0.08, p95: 0.24 },
  warnings: ['scale.max is 1: it is never scaled to 2'],
};

const render = (capacity: Capacity) =>
  renderCapacity(capacity, { columns: undefined, colours: pico.createColors(false) });

test('tells the number, its grounds, its error and what stands against it', () => {
  assert.deepEqual(render(CAPACITY), [
    'orders: 2 instances for 500 requests/s, 68.3 % busy',
    '  619 requests in 10 s: each takes 2.73 ms on a core, for which it may wait, and 10 ms beside',
    '  fitted to the first half of that time, it was off for the second by -8 % of the mean and +24 % of the p95',
    "  what runs now (1) can't carry it",
    '  scale.max is 1: it is never scaled to 2',
    '',
    '          INSTANCES  REQUESTS/S  MEAN MS  P95 MS  WAIT MS  IN FLIGHT',
    'now       1          61.9        13.3     32.1             0.823',
    'forecast  2          500         15.1     36.7    2.38     7.56',
  ]);
});

test('what runs now stands beside what is needed, where it would do too', () => {
  const lines = render({ ...CAPACITY, unchanged: { instances: 1, utilizationPercent: 90, ...AT, p95Ms: 140.4 } });
  assert.match(lines.join('\n'), /forecast {2}1 +500 +15\.1 +140 .*forecast {2}2 /s);
});

test('a model that failed its own check says so', () => {
  const { error: _error, ...unchecked } = CAPACITY;
  assert.match(render(unchecked).join('\n'), /do not trust it/);
});

test('a refusal tells why, and what to do', () => {
  assert.deepEqual(render({ kind: 'refused', service: 'orders', why: 'too few', hint: 'wait' }), [
    'orders: no forecast: too few',
    '  wait',
  ]);
});
