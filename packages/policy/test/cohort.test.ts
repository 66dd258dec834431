import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { COHORT, Cohort } from '../src/cohort.ts';

/** A cohort that is full: so many members, sent at once, and closed half a second later. */
function full(members: number = COHORT.least, inFlight = 1) {
  const cohort = new Cohort();
  const numbers = Array.from({ length: members - 1 }, () => cohort.join(0, inFlight));
  numbers.push(cohort.join(COHORT.joinMs, inFlight));
  return { cohort, numbers };
}

test('three of four must have answered, and the median is of all: who has not is slower', () => {
  const times = fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 100, maxLength: 100 });
  fc.assert(
    fc.property(times, (tookMs) => {
      const { cohort, numbers } = full();
      const sorted = tookMs.toSorted((a, b) => a - b);
      const seen = sorted.map((ms, nth) => cohort.answered(numbers[nth] ?? 0, ms, 1_000 + ms));
      assert.deepEqual(
        [seen.findIndex((it) => it !== undefined), seen.filter((it) => it !== undefined).length],
        [74, 1],
      );
      assert.equal(seen[74]?.medianMs, sorted[50]);
    }),
  );
});

test('the peak is the most that was in flight while its members were sent', () => {
  const cohort = new Cohort();
  for (const inFlight of [3, 40, 7]) cohort.join(0, inFlight);
  for (let nth = 3; nth < 100; nth++) cohort.join(COHORT.joinMs, 5);
  let seen: ReturnType<Cohort['answered']>;
  for (let nth = 0; nth < 75; nth++) seen = cohort.answered(1, 10, 600);
  assert.equal(seen?.peak, 40);
});

test('where requests come quickly a hundred join, where they come slowly a few are enough', () => {
  for (const [everyMs, members] of [
    [1, 501],
    [4, 126],
    [8, 100],
    [40, 26],
    [100, 25],
  ] as const) {
    const cohort = new Cohort();
    let count = 0;
    while (cohort.join(count * everyMs, 1) !== 0) count++;
    assert.equal(count, Math.min(members, COHORT.most), `each ${everyMs} ms`);
  }
});

test('it is complete also where nobody has joined since it was old enough', () => {
  const cohort = new Cohort();
  const numbers = Array.from({ length: 100 }, () => cohort.join(0, 1));
  const seen = numbers.slice(0, 80).map((number, nth) => cohort.answered(number, 5, nth < 76 ? 100 : 600));
  assert.equal(
    seen.findIndex((it) => it !== undefined),
    76,
  );
});

test('who is forgotten is missed by nobody, and who belonged to another cohort is none of this one', () => {
  const { cohort, numbers } = full(102);
  const [first = 0] = numbers;
  cohort.forget(first);
  cohort.forget(first);
  let seen: ReturnType<Cohort['answered']>;
  for (let nth = 0; nth < 75; nth++) {
    assert.equal(seen, undefined, String(nth));
    seen = cohort.answered(first, 10, 600);
  }
  assert.ok(seen !== undefined, '75 of the hundred that are left');
  const second = cohort.join(700, 1);
  assert.notEqual(second, first);
  for (let nth = 0; nth < 25; nth++) cohort.forget(first);
  for (let nth = 1; nth < 99; nth++) cohort.join(700, 1);
  cohort.join(700 + COHORT.joinMs, 1);
  seen = undefined;
  for (let nth = 0; nth < 75; nth++) {
    assert.equal(seen, undefined, String(nth));
    seen = cohort.answered(second, 10, 1_300);
  }
  assert.ok(seen !== undefined, 'all of the second are still there');
});

test('a late answer to the cohort before says nothing of this one', () => {
  const { cohort, numbers } = full();
  for (const number of numbers.slice(0, 75)) cohort.answered(number, 10, 600);
  const next = cohort.join(1_000, 1);
  for (const number of numbers.slice(75)) assert.equal(cohort.answered(number, 9_000, 1_000), undefined);
  for (let nth = 1; nth < 99; nth++) cohort.join(1_000, 1);
  cohort.join(1_000 + COHORT.joinMs, 1);
  let seen: ReturnType<Cohort['answered']>;
  for (let nth = 0; nth < 75; nth++) seen = cohort.answered(next, 10, 1_600);
  assert.equal(seen?.medianMs, 10);
});

test('how many are answered in a millisecond counts all that was sent, members or not', () => {
  const { cohort, numbers } = full(100, 1);
  // Of 300 more that nobody asks, all but 40 are answered when the cohort is complete.
  for (let nth = 0; nth < 300; nth++) assert.equal(cohort.join(600, 40), 0);
  let seen: ReturnType<Cohort['answered']>;
  for (const number of numbers.slice(0, 75)) seen = cohort.answered(number, 10, 1_000);
  assert.equal(seen?.perMs, 360 / 1_000);
});

test('each cohort begins anew: its number, its peak, and what was answered since the one before', () => {
  const { cohort, numbers } = full(100, 30);
  let seen: ReturnType<Cohort['answered']>;
  for (const number of numbers.slice(0, 75)) seen = cohort.answered(number, 10, 1_000) ?? seen;
  // Of a hundred that were sent, thirty are in flight.
  assert.deepEqual([seen?.peak, seen?.perMs], [30, 70 / 1_000]);
  const next = Array.from({ length: 100 }, (_, nth) => cohort.join(nth === 99 ? 2_000 : 1_200, 20));
  assert.equal(next[0], (numbers[0] ?? 0) + 1);
  for (const number of next.slice(0, 75)) seen = cohort.answered(number, 10, 3_000);
  // A hundred more, and ten fewer are in flight than before.
  assert.deepEqual([seen?.peak, seen?.perMs], [20, 110 / 2_000]);
});
