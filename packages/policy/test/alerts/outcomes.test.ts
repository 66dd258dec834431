import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { addOutcomes, type OutcomeSeries, type Outcomes, outcomesIn, SLO_WINDOW_MS, thinned } from '../../src/index.ts';

const DAY_MS = 86_400_000;

/** A series that is added to at each of these distances, and thinned each time, beside the plain truth. */
function play(events: readonly (Outcomes & { readonly afterMs: number })[]) {
  let now = 0;
  let series: OutcomeSeries = addOutcomes([], { good: 0, bad: 0 }, 0);
  const truth: (Outcomes & { readonly at: number })[] = [];
  for (const { afterMs, good, bad } of events) {
    now += afterMs;
    truth.push({ at: now, good, bad });
    series = thinned(addOutcomes(series, { good, bad }, now), now);
  }
  const between = (from: number) =>
    truth
      .filter(({ at }) => at > from)
      .reduce((sum, one) => ({ good: sum.good + one.good, bad: sum.bad + one.bad }), {
        good: 0,
        bad: 0,
      });
  return { series, now, between };
}

const event = fc.record({ afterMs: fc.integer({ min: 1, max: 3_600_000 }), good: fc.nat(50), bad: fc.nat(5) });

describe('a series', () => {
  it('counts in every window what happened in it, and at most what happened a little before', () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 200, size: 'max' }),
        fc.constantFrom(300_000, 3_600_000, 3 * DAY_MS),
        (events, windowMs) => {
          const { series, now, between } = play(events);
          const counted = outcomesIn(series, windowMs, now);
          const inside = between(now - windowMs);
          // The last event before the window, and the distance of two points, may lie in front of it.
          const around = between(now - windowMs - windowMs / 5 - 2 * 3_600_000);
          assert.ok(counted.bad >= inside.bad && counted.good >= inside.good);
          assert.ok(counted.bad <= around.bad + 5 && counted.good <= around.good + 50);
        },
      ),
    );
  });

  it('loses no count by being thinned', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 300, size: 'max' }), (events) => {
        const { series, now, between } = play(events);
        if (now < SLO_WINDOW_MS) assert.deepEqual(outcomesIn(series, SLO_WINDOW_MS, now), between(-1));
      }),
    );
  });

  it('stays small, however long it goes on', () => {
    let series: OutcomeSeries = [];
    for (let now = 0; now < 35 * DAY_MS; now += 10_000) {
      series = addOutcomes(series, { good: 1, bad: 0 }, now);
      if (now % 600_000 === 0) series = thinned(series, now);
    }
    assert.ok(series.length < 2_500, String(series.length));
    assert.ok((series[0]?.at ?? 0) > 3 * DAY_MS);
  });

  it('goes on from where it was when the clock is put back', () => {
    const before = addOutcomes(addOutcomes([], { good: 0, bad: 0 }, 1_000), { good: 5, bad: 1 }, 2_000);
    const after = addOutcomes(before, { good: 1, bad: 1 }, 500);
    assert.deepEqual(outcomesIn(after, 10_000, 2_000), { good: 6, bad: 2 });
    assert.deepEqual(
      after.map(({ at }) => at).toSorted((a, b) => a - b),
      after.map(({ at }) => at),
    );
  });
});
