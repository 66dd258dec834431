import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PeakEwma, warmth } from '../src/index.ts';

const spec = { decayMs: 10_000, defaultRttMs: 30 };
const near = (got: number, expected: number) =>
  assert.ok(Math.abs(got - expected) <= 1e-9 * Math.max(1, Math.abs(expected)), `${got}, not ${expected}`);

test('a slow answer lifts the estimate at once, a quick one lowers it by its part of the time, and silence fades it', () => {
  const answer = fc.record({ afterMs: fc.integer({ min: 0, max: 20_000 }), rttMs: fc.integer({ min: 1, max: 5_000 }) });
  fc.assert(
    fc.property(fc.array(answer, { minLength: 1, maxLength: 60, size: 'max' }), fc.nat(20), (answers, inFlight) => {
      const it = new PeakEwma();
      let [now, estimate] = [1_000, 0];
      for (const { afterMs, rttMs } of answers) {
        now += afterMs;
        const kept = Math.E ** (-afterMs / spec.decayMs);
        const faded = estimate * kept;
        if (estimate > 0) near(it.cost(inFlight, now, spec), faded * (inFlight + 1));
        estimate = rttMs >= faded ? rttMs : faded + rttMs * (1 - kept);
        it.observe(rttMs, now, spec.decayMs);
        near(it.cost(inFlight, now, spec), estimate * (inFlight + 1));
      }
    }),
  );
});

test('what nothing is known of is assumed, and fades, so that it is tried', () => {
  const it = new PeakEwma();
  near(it.cost(0, 5_000, spec), 30);
  near(it.cost(1, 15_000, spec), (2 * 30) / Math.E);
});

test('the first answer is the estimate, however quick it is', () => {
  const it = new PeakEwma();
  it.observe(4, 5_000, spec.decayMs);
  near(it.cost(0, 5_000, spec), 4);
});

for (const [ageMs, part] of [
  [-5, 0.1],
  [0, 0.1],
  [2_500, 0.325],
  [5_000, 0.55],
  [9_999, 0.99991],
  [10_000, 1],
  [Number.POSITIVE_INFINITY, 1],
] as const) {
  test(`an instance that came ${ageMs} ms ago has ${part} of its part`, () => {
    near(warmth(ageMs, { windowMs: 10_000, fromPercent: 10 }), part);
  });
}
