import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { restartDelayMs } from '../src/index.ts';

const rows = [
  [0, 0],
  [1, 0],
  [2, 1_000],
  [3, 2_000],
  [4, 4_000],
  [10, 256_000],
  [11, 300_000],
  [5_000, 300_000],
] as const;

for (const [exits, delayMs] of rows) {
  test(`after ${exits} exits the middle of the delay is ${delayMs} ms`, () => {
    assert.equal(restartDelayMs({ exits, dice: () => 0.5 }), delayMs);
  });
}

test('jitter stays within a quarter of the plain delay', () => {
  fc.assert(
    fc.property(fc.nat(100), fc.double({ min: 0, max: 1, noNaN: true }), (exits, roll) => {
      const plain = restartDelayMs({ exits, dice: () => 0.5 });
      const delay = restartDelayMs({ exits, dice: () => roll });
      assert.ok(Math.abs(delay - plain) <= plain * 0.25 + 1);
    }),
  );
});
