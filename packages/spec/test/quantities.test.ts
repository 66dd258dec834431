import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cores, durationMs, durationText, roundSizeText, sizeBytes, sizeText } from '../src/quantities.ts';

test('durations and sizes are counted in their units', () => {
  assert.deepEqual(
    ['500ms', '30s', '2m', '24h', '7d', '0s'].map(durationMs),
    [500, 30_000, 120_000, 86_400_000, 604_800_000, 0],
  );
  assert.deepEqual(
    ['1000000', '512Ki', '256Mi', '1Gi'].map(sizeBytes),
    [1_000_000, 524_288, 268_435_456, 1_073_741_824],
  );
  assert.equal(cores('500m'), 0.5);
});

test('what is written back counts the same', () => {
  fc.assert(
    fc.property(fc.nat({ max: 604_800_000 }), (amount) => {
      assert.equal(durationMs(durationText(amount)), amount);
      assert.equal(sizeBytes(sizeText(amount + 1)), amount + 1);
    }),
  );
});

test('the largest unit that leaves nothing over is written', () => {
  assert.deepEqual([0, 1, 1000, 90_000, 120_000, 86_400_000].map(durationText), ['0s', '1ms', '1s', '90s', '2m', '1d']);
  assert.deepEqual([1, 1024, 1_000_000, 268_435_456].map(sizeText), ['1', '1Ki', '1000000', '256Mi']);
});

test('for people a size has two or three digits', () => {
  assert.deepEqual([0, 900, 1536, 17_563_648, 2.04 * 1024 ** 3].map(roundSizeText), [
    '0 B',
    '900 B',
    '1.5 KiB',
    '17 MiB',
    '2.0 GiB',
  ]);
});
