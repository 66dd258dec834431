import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { leastOfTwo } from '../src/index.ts';

test('nothing to choose from gives nothing', () => {
  assert.equal(
    leastOfTwo([], () => 0),
    undefined,
  );
});

test('with two candidates the less loaded one is always chosen', () => {
  const busy = { inFlight: 3 };
  const idle = { inFlight: 2 };
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (roll) => {
      assert.equal(
        leastOfTwo([busy, idle], () => roll),
        idle,
      );
      assert.equal(
        leastOfTwo([idle, busy], () => roll),
        idle,
      );
    }),
  );
});

test('the most loaded of several is never chosen, and every other one can be', () => {
  const candidates = [{ inFlight: 9 }, { inFlight: 1 }, { inFlight: 1 }, { inFlight: 1 }];
  const rolls = [0, 0.24, 0.26, 0.49, 0.51, 0.74, 0.76, 0.99];
  const chosen = rolls.flatMap((first) =>
    rolls.map((second) => {
      const dice = [first, second].values();
      return leastOfTwo(candidates, () => dice.next().value ?? 0);
    }),
  );
  assert.deepEqual(new Set(chosen), new Set(candidates.slice(1)));
  assert.ok(!chosen.includes(candidates[0]));
});
