import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { addOutcomes, judgeSlo, type OutcomeSeries, thinned } from '../../src/index.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const OBJECTIVE = 99.9;

/** So many requests a minute for so long, of which this share fails. */
interface Phase {
  readonly minutes: number;
  readonly perMinute: number;
  readonly failing: number;
}

function after(phases: readonly Phase[]) {
  let now = 0;
  let series: OutcomeSeries = addOutcomes([], { good: 0, bad: 0 }, now);
  /** The first minute of each severity. */
  const fired = new Map<string, number>();
  const look = () => {
    const verdict = judgeSlo(series, OBJECTIVE, now);
    for (const { rule } of verdict.burns.filter(({ firing }) => firing)) {
      if (!fired.has(rule.severity)) fired.set(rule.severity, now / MINUTE_MS);
    }
    return verdict;
  };
  let owed = 0;
  for (const { minutes, perMinute, failing } of phases) {
    for (let minute = 0; minute < minutes; minute++) {
      now += MINUTE_MS;
      owed += perMinute * failing;
      const bad = Math.floor(owed);
      owed -= bad;
      series = thinned(addOutcomes(series, { good: perMinute - bad, bad }, now), now);
      look();
    }
  }
  return { fired, verdict: look() };
}

const well = (hours: number, perMinute = 100): Phase => ({ minutes: hours * 60, perMinute, failing: 0 });

describe('burn rates', () => {
  it('say nothing while nothing fails, or little enough', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.double({ min: 0, max: 0.0009, noNaN: true }),
        (perMinute, failing) => {
          assert.deepEqual([...after([{ minutes: 24 * 60, perMinute, failing }]).fired], []);
        },
      ),
      { numRuns: 10 },
    );
  });

  it('page within minutes when everything fails', () => {
    const { fired } = after([well(24), { minutes: 10, perMinute: 100, failing: 1 }]);
    assert.ok((fired.get('page') ?? Number.POSITIVE_INFINITY) <= 24 * 60 + 2, String(fired.get('page')));
  });

  it('say nothing of a new service before the short stretch was watched', () => {
    assert.deepEqual([...after([{ minutes: 4, perMinute: 100, failing: 1 }]).fired], []);
    assert.deepEqual([...after([{ minutes: 5, perMinute: 100, failing: 1 }]).fired], [['page', 5]]);
    const blip: Phase = { minutes: 1, perMinute: 600, failing: 0.08 };
    assert.deepEqual([...after([well(1, 600), blip, well(1, 600)]).fired], []);
  });

  it('do not page for a blip: one bad minute in a day that is well otherwise', () => {
    assert.equal(after([well(24), { minutes: 1, perMinute: 100, failing: 0.5 }, well(1)]).fired.get('page'), undefined);
  });

  it('never page for fewer than ten failures, however small the traffic', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), (failures) => {
        const phases = [well(1, 1), { minutes: failures, perMinute: 1, failing: 1 }, well(1, 1)];
        assert.deepEqual([...after(phases).fired], []);
      }),
    );
  });

  it('open a ticket, and no page, for what is slow but would use the budget up', () => {
    const { fired } = after([well(72), { minutes: 24 * 60, perMinute: 100, failing: 0.004 }]);
    assert.ok(fired.has('ticket'));
    assert.ok(!fired.has('page'));
  });

  it('end soon after the trouble: the short stretch is well again', () => {
    const trouble = [well(24), { minutes: 30, perMinute: 100, failing: 0.3 }];
    assert.ok(after(trouble).verdict.burns[0]?.firing);
    assert.ok(!after([...trouble, { minutes: 7, perMinute: 100, failing: 0 }]).verdict.burns[0]?.firing);
  });

  it('leave of the budget what was not spent, and less than nothing when too much was', () => {
    const { budgetLeft } = after([{ minutes: 100, perMinute: 100, failing: 0.0005 }]).verdict;
    assert.ok(Math.abs(budgetLeft - 0.5) < 1e-6, String(budgetLeft));
    assert.ok(after([{ minutes: 100, perMinute: 100, failing: 0.01 }]).verdict.budgetLeft < 0);
  });

  it('judge nothing where nothing was asked', () => {
    const { good, bad, budgetLeft, burns } = judgeSlo([], OBJECTIVE, HOUR_MS);
    assert.deepEqual({ good, bad, budgetLeft }, { good: 0, bad: 0, budgetLeft: 1 });
    assert.ok(burns.every(({ firing, rate }) => !firing && rate === 0));
  });
});
