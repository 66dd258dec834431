import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADAPTIVE_LIMIT } from '../src/index.ts';
import { LIMIT_TRIAL, LimitTrial } from '../src/limit-trial.ts';
import { exponential } from './queue-world.ts';
import { simulateSteady } from './steady-world.ts';

/** What holds under noise holds nearly always: the draws are the same in each run, so that a failure is the code's. */
const RUNS = 30;

for (const rate of [150, 200, 400]) {
  test(`${rate} requests a second are not shed by a service that has become many times slower, and has no queue`, () => {
    let [answered, refused] = [0, 0];
    for (const slowMs of [100, 200, 300]) {
      const serviceMs = (draw: number, now: number) => exponential(now < 2_000 ? 6 : slowMs)(draw);
      for (let run = 1; run <= RUNS; run++) {
        const seen = simulateSteady({ rate, serviceMs }, { forMs: 20_000, seed: 7_919 * run });
        answered += seen.answered;
        refused += seen.refused;
        assert.ok(seen.peak > ADAPTIVE_LIMIT.min, 'the limit might have had a say');
      }
    }
    assert.ok(refused < 0.001 * answered, `${refused} refused, ${answered} answered`);
  });
}

const seen = (peak: number, perMs: number) => ({ medianMs: 50, peak, perMs });

test('where more in flight brings more answers, what was tried is no queue', () => {
  for (const [peak, perMs, isMore] of [
    [40, 0.4, true],
    [40, 0.31, true],
    [40, 0.29, false],
    [40, 0.2, false],
    [24, 0.4, false],
    [30, 0.26, true],
  ] as const) {
    const trial = new LimitTrial();
    assert.ok(trial.tries(seen(20, 0.2), 17));
    assert.deepEqual(trial.end(seen(peak, perMs)), { isMore, limit: 17 }, `${peak} in flight, ${perMs}`);
    assert.equal(trial.end(seen(peak, perMs)), undefined);
  }
});

test('the more trials have shown nothing, the rarer they are; one that has shown something begins anew', () => {
  const trial = new LimitTrial();
  const cohortsToNext = (): number => {
    let count = 1;
    while (!trial.tries(seen(20, 0.2), 20)) count++;
    return count;
  };
  const waits = [1, 2, 4, 8, 8, 8].map(() => {
    const count = cohortsToNext();
    trial.end(seen(40, 0.2));
    return count;
  });
  assert.deepEqual(waits, [1, 2, 4, LIMIT_TRIAL.rarest, LIMIT_TRIAL.rarest, LIMIT_TRIAL.rarest]);
  cohortsToNext();
  trial.end(seen(40, 0.4));
  assert.equal(cohortsToNext(), 1);
});
