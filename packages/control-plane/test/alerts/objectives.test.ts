import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Histogram } from '@islet/policy';
import { DEFAULT_TELEMETRY } from '@islet/spec';
import { type Objective, objectivesOf, outcomesSince, readingOf } from '../../src/alerts/objectives.ts';
import type { EdgeCounters } from '../../src/scale/load.ts';
import { launchSpec } from '../support.ts';

const NONE = new Histogram().toJSON();

function edge(changes: Partial<EdgeCounters>): EdgeCounters {
  return { from: { kind: 'gateway' }, service: 'orders', requests: 0, inFlight: 0, latencyUs: NONE, ...changes };
}

function objective(slo: Objective['slo']): Objective {
  const [found] = objectivesOf(launchSpec('orders', {}, { telemetry: { ...DEFAULT_TELEMETRY, slo: [slo] } }));
  assert(found);
  return found;
}

const AVAILABLE = objective({ kind: 'availability', percent: 99.9 });
const KEY = '{"kind":"gateway"}';

describe('what an objective counts', () => {
  it('is bad where the service answered 500 or above, or nobody did', () => {
    const counters = edge({
      requests: 100,
      statuses: { '2xx': 80, '4xx': 10, '5xx': 3 },
      errors: { 'no-ready-instance': 2, 'response-timeout': 1, 'client-gone': 3, 'rate-limited': 1 },
    });
    assert.deepEqual(readingOf(AVAILABLE, [counters]), { [KEY]: { good: 94, bad: 6 } });
  });

  it('is neither while a request is under way', () => {
    assert.deepEqual(readingOf(AVAILABLE, [edge({ requests: 10, inFlight: 4 })]), { [KEY]: { good: 6, bad: 0 } });
  });

  it('is nothing of what the operator tries, and nothing of other services', () => {
    const others = [edge({ from: { kind: 'operator' }, requests: 5 }), edge({ service: 'web', requests: 5 })];
    assert.deepEqual(readingOf(AVAILABLE, others), {});
  });

  it('is bad where an answer took longer than promised', () => {
    const latencies = new Histogram();
    for (const ms of [10, 20, 299, 301, 5_000]) latencies.record(ms * 1000);
    const slow = objective({ kind: 'latency', share: 'p99', withinMs: 300 });
    assert.deepEqual(readingOf(slow, [edge({ requests: 5, latencyUs: latencies.toJSON() })]), {
      [KEY]: { good: 3, bad: 2 },
    });
    assert.equal(slow.percent, 99);
  });

  it('is nothing for a revision that an older Islet asked for', () => {
    const { telemetry: _, ...old } = launchSpec('orders');
    assert.deepEqual(objectivesOf(old), []);
  });
});

describe('what happened between two readings', () => {
  for (const { what, before, after, outcomes } of [
    {
      what: 'is unknown at the first',
      before: undefined,
      after: { a: { good: 5, bad: 5 } },
      outcomes: { good: 0, bad: 0 },
    },
    {
      what: 'is the difference',
      before: { a: { good: 5, bad: 1 } },
      after: { a: { good: 9, bad: 2 } },
      outcomes: { good: 4, bad: 1 },
    },
    { what: 'is all of a new edge', before: {}, after: { a: { good: 3, bad: 1 } }, outcomes: { good: 3, bad: 1 } },
    {
      what: 'is all of an edge whose proxy began anew',
      before: { a: { good: 90, bad: 9 } },
      after: { a: { good: 2, bad: 1 } },
      outcomes: { good: 2, bad: 1 },
    },
    {
      what: 'is nothing of an edge that is gone',
      before: { a: { good: 9, bad: 9 }, b: { good: 1, bad: 0 } },
      after: { b: { good: 1, bad: 0 } },
      outcomes: { good: 0, bad: 0 },
    },
  ]) {
    it(what, () => assert.deepEqual(outcomesSince(before, after), outcomes));
  }
});
