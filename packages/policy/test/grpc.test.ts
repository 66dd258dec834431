import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { grpcEquivalent, grpcMessage, grpcTimeoutMs, grpcTimeoutText, httpEquivalent, pushback } from '../src/index.ts';

for (const [value, ms] of [
  ['1H', 3_600_000],
  ['2M', 120_000],
  ['3S', 3_000],
  ['250m', 250],
  ['1500u', 1.5],
  ['0m', 0],
  ['99999999n', 99.999999],
  ['', undefined],
  ['5', undefined],
  ['-5m', undefined],
  ['5s', undefined],
  ['123456789m', undefined],
  [undefined, undefined],
] as const) {
  test(`a grpc-timeout of ${value} is ${ms} ms`, () => {
    const read = grpcTimeoutMs(value);
    if (ms === undefined) assert.equal(read, undefined);
    else assert.ok(read !== undefined && Math.abs(read - ms) < 1e-6);
  });
}

test('a timeout that is written is read back as no more, and as nearly as much', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e10, noNaN: true }), (ms) => {
      const text = grpcTimeoutText(ms);
      assert.match(text, /^[0-9]{1,8}[HMSmun]$/);
      const read = grpcTimeoutMs(text) ?? Number.NaN;
      assert.ok(read <= ms + 1e-6, `${text} is more than ${ms}`);
      assert.ok(read >= ms * 0.99 - 1e-3, `${text} is much less than ${ms}`);
    }),
  );
});

test('what an instance answers counts as the HTTP status that it is equivalent to', () => {
  assert.deepEqual([0, 4, 5, 8, 13, 14, 99].map(httpEquivalent), [200, 504, 404, 429, 500, 503, 500]);
});

test('a client is told what HTTP alone says in its own numbers', () => {
  assert.deepEqual([400, 404, 429, 500, 502, 503, 504].map(grpcEquivalent), [13, 12, 8, 13, 14, 14, 4]);
});

test('a pushback is a wait, or never where it is negative or no number', () => {
  assert.deepEqual([undefined, '0', '250', '-1', 'soon'].map(pushback), [undefined, 0, 250, 'never', 'never']);
});

test('a message is percent-encoded where it is not printable ASCII', () => {
  assert.equal(grpcMessage('50 % of “x”\n'), '50 %25 of %E2%80%9Cx%E2%80%9D%0A');
});
