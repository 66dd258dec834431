import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BreakerSpec } from '@islet/spec';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import fc from 'fast-check';
import { Breaker, type CallResult, isUnavailable } from '../src/index.ts';

const spec = DEFAULT_TRAFFIC.breaker!;

function call(breaker: Breaker, now: number, failed: boolean, by: BreakerSpec = spec): 'refused' | 'ok' | 'opened' {
  return ended(breaker, { failed, slow: false, now }, by);
}

function ended(breaker: Breaker, result: CallResult, by: BreakerSpec): 'refused' | 'ok' | 'opened' {
  const generation = breaker.admit(result.now, by);
  if (generation === undefined) return 'refused';
  return breaker.record(generation, result, by) ? 'opened' : 'ok';
}

function calls(breaker: Breaker, now: number, count: number, failed: boolean): readonly string[] {
  return Array.from({ length: count }, () => call(breaker, now, failed));
}

test('fewer calls than the least prove nothing, and half of enough opens it', () => {
  const breaker = new Breaker();
  assert.ok(!calls(breaker, 0, 19, true).includes('opened'));
  assert.equal(call(breaker, 0, true), 'opened');
  const mixed = new Breaker();
  calls(mixed, 0, 11, false);
  assert.ok(!calls(mixed, 0, 10, true).includes('opened'));
  assert.equal(call(mixed, 0, true), 'opened');
});

test('failures are forgotten when their window is over', () => {
  const breaker = new Breaker();
  calls(breaker, 0, 19, true);
  assert.equal(call(breaker, 31_000, true), 'ok');
});

test('open, every call is refused until a few may find out, and all of them must succeed', () => {
  const breaker = new Breaker();
  calls(breaker, 0, 20, true);
  assert.equal(breaker.stateAt(4_999), 'open');
  assert.equal(breaker.admit(4_999, spec), undefined);
  assert.equal(breaker.stateAt(5_000), 'half-open');
  const probes = [1, 2, 3, 4].map(() => breaker.admit(5_000, spec));
  assert.deepEqual(
    probes.map((probe) => probe !== undefined),
    [true, true, true, false],
  );
  for (const probe of probes.slice(0, 3)) breaker.record(probe!, { failed: false, slow: false, now: 5_100 }, spec);
  assert.equal(breaker.stateAt(5_100), 'closed');
  assert.equal(call(breaker, 5_100, true), 'ok');
});

test('each failed probe doubles the time, up to the limit', () => {
  const breaker = new Breaker();
  calls(breaker, 0, 20, true);
  const openMs = [];
  let now = 0;
  for (let round = 0; round < 6; round++) {
    openMs.push(breaker.refusedForMs(now));
    now += breaker.refusedForMs(now);
    assert.equal(call(breaker, now, true), 'opened');
  }
  assert.deepEqual(openMs, [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
});

test('a call that began before says nothing of the probes, and one without a verdict gives its place back', () => {
  const breaker = new Breaker();
  const early = breaker.admit(0, spec)!;
  calls(breaker, 0, 20, true);
  const probe = breaker.admit(5_000, spec)!;
  assert.equal(breaker.record(early, { failed: true, slow: false, now: 5_000 }, spec), false);
  assert.equal(breaker.stateAt(5_000), 'half-open');
  breaker.admit(5_000, spec);
  breaker.admit(5_000, spec);
  assert.equal(breaker.admit(5_000, spec), undefined);
  breaker.release(early);
  assert.equal(breaker.admit(5_000, spec), undefined, 'it had no place among them');
  breaker.release(probe);
  assert.notEqual(breaker.admit(5_000, spec), undefined);
});

test('it tells what opened it: so many calls of a window, or one that was to find out', () => {
  const breaker = new Breaker();
  assert.equal(breaker.openedBy, undefined);
  calls(breaker, 0, 8, false);
  calls(breaker, 0, 12, true);
  assert.deepEqual(breaker.openedBy, { kind: 'calls', failures: 12, calls: 20 });
  call(breaker, 5_000, true);
  assert.deepEqual(breaker.openedBy, { kind: 'probe' });
});

test('calls that answer, but late, open it where the file says what is late, and it tells so', () => {
  const judged = { ...spec, slow: { afterMs: 2_000, ratePercent: 60 } };
  const breaker = new Breaker();
  const late = { failed: false, slow: true, now: 0 };
  for (let count = 0; count < 8; count++) ended(breaker, { ...late, slow: false }, judged);
  for (let count = 0; count < 11; count++) assert.equal(ended(breaker, late, judged), 'ok');
  assert.equal(ended(breaker, late, judged), 'opened');
  assert.deepEqual(breaker.openedBy, { kind: 'slow', slow: 12, calls: 20 });
});

test('a call that was to find out and is slow has found that nothing is better', () => {
  const judged = { ...spec, slow: { afterMs: 2_000, ratePercent: 50 } };
  const breaker = new Breaker();
  for (let count = 0; count < 20; count++) ended(breaker, { failed: false, slow: true, now: 0 }, judged);
  assert.equal(ended(breaker, { failed: false, slow: true, now: 5_000 }, judged), 'opened');
  assert.equal(breaker.refusedForMs(5_000), 10_000);
});

test('a window of another length begins from nothing', () => {
  const breaker = new Breaker();
  calls(breaker, 0, 19, true);
  assert.equal(call(breaker, 0, true, { ...spec, windowMs: 2 * spec.windowMs }), 'ok');
});

test('unavailable is who could not be had: a gateway without an answer, and who says so himself', () => {
  const statuses = [200, 404, 429, 499, 500, 501, 502, 503, 504, 505];
  assert.deepEqual(statuses.filter(isUnavailable), [502, 503, 504]);
});

test('a new instance is worth finding out about at once', () => {
  const breaker = new Breaker();
  calls(breaker, 0, 20, true);
  breaker.hope(1_000);
  assert.equal(call(breaker, 1_000, false), 'ok');
  assert.equal(breaker.stateAt(1_000), 'half-open');
});

/** The rules as they are written, over a log of all calls: what the ring of counts is compared with. */
test('it opens exactly when the calls of the window say so, and then lets nothing through', () => {
  const step = fc.record({ afterMs: fc.nat(6_000), failed: fc.boolean(), slow: fc.boolean() });
  const specs = fc.record({
    failureRatePercent: fc.integer({ min: 1, max: 100 }),
    slow: fc.option(fc.record({ afterMs: fc.constant(1), ratePercent: fc.integer({ min: 1, max: 100 }) }), {
      nil: undefined,
    }),
    windowMs: fc.constantFrom(1_000, 10_000, 30_000),
    minCalls: fc.integer({ min: 1, max: 10 }),
    openMs: fc.constant(5_000),
    maxOpenMs: fc.constant(60_000),
    halfOpen: fc.integer({ min: 1, max: 3 }),
  });
  fc.assert(
    fc.property(specs, fc.array(step, { maxLength: 200, size: 'max' }), (by, steps) => {
      const breaker = new Breaker();
      const slotMs = by.windowMs / 10;
      let log: { at: number; failed: boolean; slow: boolean }[] = [];
      let now = 1_000_000;
      for (const { afterMs, failed, slow: late } of steps) {
        now += afterMs;
        const slow = late && by.slow !== undefined;
        const before = breaker.stateAt(now);
        const result = ended(breaker, { failed, slow, now }, by);
        assert.equal(result === 'refused', before === 'open');
        if (before !== 'closed') {
          assert.equal(result === 'opened', before === 'half-open' && (failed || slow));
          log = [];
          continue;
        }
        log.push({ at: now, failed, slow });
        const recent = log.filter(({ at }) => Math.floor(at / slotMs) > Math.floor(now / slotMs) - 10);
        const reaches = (count: number, percent = 101) => count > 0 && count * 100 >= percent * recent.length;
        const tooManyFail = reaches(recent.filter((one) => one.failed).length, by.failureRatePercent);
        const tooManyLate = reaches(recent.filter((one) => one.slow).length, by.slow?.ratePercent);
        const isTooMuch = (failed || slow) && (tooManyFail || tooManyLate);
        assert.equal(result === 'opened', recent.length >= by.minCalls && isTooMuch);
        if (result === 'opened') log = [];
      }
    }),
  );
});

test('what a call found out counts for its half-open time alone: each time all of them must succeed again', () => {
  const breaker = new Breaker();
  calls(breaker, 0, 20, true);
  assert.deepEqual(calls(breaker, 5_000, 2, false), ['ok', 'ok']);
  assert.equal(call(breaker, 5_000, true), 'opened');
  for (const [nth, after] of ['half-open', 'half-open', 'closed'].entries()) {
    assert.equal(call(breaker, 15_000, false), 'ok');
    assert.equal(breaker.stateAt(15_000), after, `${nth + 1} of 3`);
  }
});

test('a longer window forgets like every other, though its slots have lower numbers', () => {
  const longer = { ...spec, windowMs: 10 * spec.windowMs };
  const breaker = new Breaker();
  call(breaker, 10_000_000, true);
  for (let count = 0; count < 19; count++) assert.equal(call(breaker, 10_000_000, true, longer), 'ok');
  assert.equal(call(breaker, 10_000_000 + longer.windowMs, true, longer), 'ok');
});

test('a call whose end another thread has told later loses nothing of what is counted', () => {
  const breaker = new Breaker();
  calls(breaker, 30_000, 18, true);
  assert.equal(call(breaker, 26_000, true), 'ok');
  assert.equal(call(breaker, 30_000, true), 'opened');
});
