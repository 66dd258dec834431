import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askedByOthers, since } from '../src/drill/others.ts';
import { type Drilled, reportOf } from '../src/drill/report.ts';
import { whatLacks } from '../src/drill/run.ts';

const shots = (count: number, failed: number) =>
  Array.from({ length: count }, (_, index) => ({ tookMs: 5, ok: index >= failed }));
const drilled = (changes: Partial<Drilled>): Drilled => ({
  drill: 'errors',
  service: 'web',
  instance: 'web-0',
  goalPercent: 99,
  asked: 'smoke',
  instances: 2,
  detectedMs: 100,
  recoveredMs: 5_000,
  overMs: 11_000,
  sloPercent: undefined,
  shots: shots(500, 5),
  others: { requests: 0, failed: 0 },
  ...changes,
});

test('passes when its share succeeded and all is as before, and says why not', () => {
  for (const [changes, passed, note] of [
    [{}, true, /^$/],
    [{ shots: shots(500, 6) }, false, /98\.8 % succeeded, and 99 % is the goal/],
    [{ shots: shots(500, 6), instances: 1 }, false, /with one instance nobody could take over: `scale: { min: 2 }`/],
    [{ recoveredMs: undefined }, false, /did not come back within a minute/],
    [{ shots: [] }, false, /nobody has asked anything/],
    // What others asked counts like its own.
    [{ others: { requests: 500, failed: 0 }, shots: shots(500, 9) }, true, /^$/],
    [{ others: { requests: 500, failed: 9 } }, false, /98\.6 % succeeded/],
  ] as const) {
    const report = reportOf(drilled(changes));
    assert.equal(report.passed, passed, report.note);
    assert.match(report.note, note);
  }
});

test('a service that is not whole would fail for that, so nothing is begun', () => {
  const look = { ready: ['web-0', 'web-1'], desired: 2, ejected: [] };
  assert.equal(whatLacks('web', look), undefined);
  // Warm and surplus instances are no lack.
  assert.equal(whatLacks('web', { ...look, desired: 1 }), undefined);
  for (const [changes, says] of [
    [{ ready: [] }, /web has no instance that is ready/],
    [{ ready: ['web-0'] }, /web has 1 of 2 instances ready, and a drill wants all/],
    [{ ejected: ['web-1'] }, /the proxy keeps web-1 out already/],
  ] as const) {
    assert.match(whatLacks('web', { ...look, ...changes }) ?? '', says);
  }
});

test('a fault that may come once a day has to fit into the error budget of 30 days', () => {
  const cheap = reportOf(drilled({ sloPercent: 99.9 }));
  assert.ok(cheap.passed && (cheap.budgetPercent ?? 1) < 0.01);
  // Ten minutes of one failure in a hundred are more than a day's part of what 99.99 % allow.
  const dear = reportOf(drilled({ sloPercent: 99.99, overMs: 1_000_000 }));
  assert.match(dear.note, /it spent 3\.9 % of the error budget of 30 days/);
});

test('what others ask is counted without the drill, without their own mistakes, and across a proxy that begins anew', () => {
  const edge = (from: string, requests: number, errors: object) => ({
    from: { kind: from },
    service: 'web',
    requests,
    statuses: { '5xx': 2 },
    errors,
  });
  const counters = { edges: [edge('gateway', 100, { 'no-route': 3, 'upstream-reset': 1 }), edge('operator', 900, {})] };
  const asked = askedByOthers(counters as never, 'web');
  assert.deepEqual(asked, { requests: 100, failed: 3 });
  assert.deepEqual(since({ requests: 90, failed: 1 }, asked), { requests: 10, failed: 2 });
  assert.deepEqual(since({ requests: 900, failed: 5 }, asked), asked);
});
