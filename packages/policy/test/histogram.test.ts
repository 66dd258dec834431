import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Histogram } from '../src/index.ts';

const values = fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { minLength: 1, maxLength: 200, size: 'max' });

function of(all: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of all) histogram.record(value);
  return histogram;
}

test('an empty histogram answers zero', () => {
  assert.equal(new Histogram().quantile(0.99), 0);
  assert.equal(new Histogram().mean, 0);
});

test('values out of range count as the nearest in range', () => {
  const histogram = of([-5, 2 ** 40]);
  assert.equal(histogram.quantile(0), 0);
  assert.ok(Math.abs(histogram.quantile(1) - 2 ** 32) / 2 ** 32 < 0.01);
});

test('every quantile is within 1 % of the exact one', () => {
  fc.assert(
    fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (all, q) => {
      const sorted = [...all].sort((a, b) => a - b);
      const exact = sorted[Math.max(1, Math.ceil(q * all.length)) - 1]!;
      assert.ok(Math.abs(of(all).quantile(q) - exact) <= exact * 0.01);
    }),
  );
});

test('merging two is recording all', () => {
  fc.assert(
    fc.property(values, values, (a, b) => {
      const merged = of(a);
      merged.merge(of(b));
      assert.deepEqual(merged.toJSON(), of([...a, ...b]).toJSON());
    }),
  );
});

test('it survives JSON', () => {
  fc.assert(
    fc.property(values, (all) => {
      const histogram = of(all);
      const back = Histogram.from(JSON.parse(JSON.stringify(histogram)));
      assert.deepEqual(back.toJSON(), histogram.toJSON());
    }),
  );
});
