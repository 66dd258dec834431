import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GROWTH, type GrowthData, type GrowthFound, growthOf, NO_GROWTH, watchGrowth } from '../src/index.ts';
import { seeded } from './seeded.ts';

const MIB = 1024 * 1024;
const FACTOR = 1.5;

interface Plan {
  /** MiB that an instance of the new revision holds after so many seconds. */
  readonly candidate: (seconds: number, dice: () => number) => number;
  /** Of the old one; it has run for long. */
  readonly baseline?: (seconds: number, dice: () => number) => number;
  readonly seconds: number;
}

/** Looks each second; returns what was found, and after how many seconds. */
function play({ candidate, baseline = flat(60), seconds }: Plan, dice: () => number, kept = NO_GROWTH) {
  let data: GrowthData = kept;
  for (let second = 0; second <= seconds; second += 1) {
    const block = {
      candidate: [{ instance: 'new', bytes: candidate(second, dice) * MIB }],
      baseline: [{ instance: 'old', bytes: baseline(second, dice) * MIB }],
    };
    data = watchGrowth(data, block, second * 1_000);
    const found = growthOf(data, FACTOR);
    if (found !== undefined) return { found, second, data };
  }
  return { found: undefined, second: seconds, data };
}

/** What a collected heap holds: a floor, and garbage above it. */
const flat = (floor: number) => (_: number, dice: () => number) => floor + 40 * dice();

test('an instance that leaks is found in about a minute where it is quick, and before the bake ends where it is slow', () => {
  const dice = seeded(3);
  const leaks = (perSecond: number) => (seconds: number, dice: () => number) => 60 + perSecond * seconds + 30 * dice();
  const quick = play({ candidate: leaks(4), seconds: 600 }, dice);
  assert.ok(quick.found !== undefined && quick.second <= 90, String(quick.second));
  const slow = play({ candidate: leaks(0.25), seconds: 600 }, dice);
  assert.ok(slow.found !== undefined, 'a quarter of a MiB each second');
  const { instance, fromBytes, toBytes, usualBytes } = slow.found;
  assert.equal(instance, 'new');
  assert.ok(fromBytes < toBytes && toBytes > FACTOR * usualBytes + GROWTH.graceBytes);
});

test('of a thousand instances that hold more than usual, and do not grow, hardly one is said to', () => {
  const dice = seeded(5);
  const runs = Array.from({ length: 1_000 }, () => play({ candidate: flat(400), seconds: 600 }, dice).found);
  const share = runs.filter((found) => found !== undefined).length / runs.length;
  assert.ok(share <= GROWTH.falseAlarms, `${share}`);
});

test('growth without far more than usual is no leak, and neither is a heap that fills while it warms up', () => {
  const rows: readonly Plan[] = [
    { candidate: (seconds, dice) => Math.min(120, 50 + seconds) + 10 * dice(), seconds: 900 },
    { candidate: (seconds, dice) => 40 + 400 * Math.min(1, seconds / 30) + 30 * dice(), seconds: 900 },
    // The old one leaks as well.
    { candidate: (seconds) => 60 + seconds, baseline: (seconds) => 60 + seconds, seconds: 900 },
  ];
  for (const [index, plan] of rows.entries()) assert.equal(play(plan, seeded(7)).found, undefined, `row ${index}`);
});

test('nothing is said where there is no revision before to compare with', () => {
  let data: GrowthData = NO_GROWTH;
  for (let second = 0; second < 600; second += 1) {
    const candidate = [{ instance: 'new', bytes: 100 * MIB * (second + 1) }];
    data = watchGrowth(data, { candidate, baseline: [] }, second * 1_000);
  }
  assert.equal(growthOf(data, FACTOR), undefined);
});

test('what was kept goes on where it was, and a clock that was put back begins anew', () => {
  const leak: Plan = { candidate: (seconds) => 60 + 4 * seconds, seconds: 600 };
  const whole = play(leak, seeded(9));
  let data: GrowthData = NO_GROWTH;
  let found: GrowthFound | undefined;
  for (let second = 0; second <= whole.second; second += 1) {
    const candidate = [{ instance: 'new', bytes: (60 + 4 * second) * MIB }];
    const baseline = [{ instance: 'old', bytes: whole.data.usual }];
    data = JSON.parse(JSON.stringify(watchGrowth(data, { candidate, baseline }, second * 1_000)));
    found = growthOf(data, FACTOR);
  }
  assert.ok(found !== undefined);
  const back = watchGrowth(data, { candidate: [{ instance: 'new', bytes: 900 * MIB }], baseline: [] }, 0);
  assert.equal(growthOf(back, FACTOR), undefined);
});
