import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Histogram } from '@islet/policy';
import type { TrafficCounts } from '@islet/proxy';
import { revisionTraffic } from '../src/revision-traffic.ts';

function counts(changes: Partial<TrafficCounts> = {}): TrafficCounts {
  const statuses = { '1xx': 0, '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0 };
  const none = { requests: 0, errors: {}, retries: 0, inFlight: 0, latencyUs: new Histogram().toJSON() };
  return { ...none, statuses, ...changes };
}

test('counts what a revision answered or failed to, copies included, and what is not its own fault not at all', () => {
  const latency = new Histogram();
  latency.record(1_000);
  const own = counts({
    requests: 99,
    statuses: { '1xx': 7, '2xx': 10, '3xx': 1, '4xx': 2, '5xx': 3 },
    errors: { 'client-gone': 3, 'client-slow': 2, 'upstream-reset': 4, 'response-cut': 1 },
    latencyUs: latency.toJSON(),
  });
  const mirrored = counts({
    statuses: { '1xx': 0, '2xx': 6, '3xx': 0, '4xx': 0, '5xx': 1 },
    errors: { overloaded: 50 },
    latencyUs: latency.toJSON(),
  });
  const told = revisionTraffic({ service: 'web', revision: 'r2', ...own, mirrored });
  assert.deepEqual([told.requests, told.failures, told.latencyUs.count], [16 + 4 + 7, 3 + 5 + 1, 2]);
});
