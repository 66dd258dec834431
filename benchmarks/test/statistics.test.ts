import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aaBand, differences, median, percentile, spread } from '../measure/statistics.ts';

test('nothing measured is an error, not a zero', () => {
  for (const take of [median, spread, (samples: number[]) => percentile(samples, 99)])
    assert.throws(() => take([]), /nothing was measured/);
});

test('the median of an even number lies between the two in the middle', () => {
  const rows: [number[], number][] = [
    [[7], 7],
    [[3, 1, 2], 2],
    [[10, 1, 4, 2], 3],
  ];
  for (const [samples, expected] of rows) assert.equal(median(samples), expected);
});

test('numbers are ordered as numbers', () => {
  assert.deepEqual(spread([9, 100, 20]), { least: 9, most: 100 });
});

test('a percentile is always one of the samples', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
  assert.equal(percentile(hundred, 99), 99);
  assert.equal(percentile(hundred, 0), 1);
  assert.equal(percentile([5, 3, 8], 99), 8);
});

test('samples are left in the order in which they were taken', () => {
  const samples = [3, 1, 2];
  median(samples);
  assert.deepEqual(samples, [3, 1, 2]);
});

test('runs that are not pairs have no differences', () => {
  assert.deepEqual(differences([10, 20], [13, 18]), [3, -2]);
  assert.throws(() => differences([1], [1, 2]), /not pairs/);
});

test('the A/A band holds 1, and is wider where runs differ more', () => {
  const calm = aaBand([100, 101, 99, 100, 102], dice());
  const wild = aaBand([50, 100, 150, 75, 125], dice());
  for (const { low, high } of [calm, wild]) assert.ok(low <= 1 && high >= 1);
  assert.ok(wild.high - wild.low > calm.high - calm.low);
});

test('runs that were all alike leave no room for chance', () => {
  assert.deepEqual(aaBand([7, 7, 7], dice()), { low: 1, high: 1 });
});

/** Reproducible: a linear congruential generator. */
function dice(): () => number {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
