import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { passedOnMs } from '../src/index.ts';

test('each hop is given less than the one before, and never less than nothing', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1_000, max: 2 ** 31 }), (remainingMs) => {
      const passedOn = passedOnMs(remainingMs);
      assert.ok(Number.isSafeInteger(passedOn) && passedOn >= 0);
      assert.ok(passedOn <= Math.max(0, remainingMs * 0.95));
      assert.ok(passedOn + 1 > remainingMs * 0.95);
    }),
  );
});
