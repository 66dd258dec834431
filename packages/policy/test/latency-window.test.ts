import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LatencyWindow, p95Ms, quantileMs } from '../src/index.ts';

function sumOf(...latencies: readonly number[]): Float64Array {
  const window = new LatencyWindow();
  for (const ms of latencies) window.record(ms);
  const sum = LatencyWindow.emptySum();
  window.addTo(sum, 1);
  return sum;
}

test('too few answers tell nothing of the slowest of them', () => {
  assert.equal(p95Ms(sumOf(...Array.from({ length: 19 }, () => 100))), undefined);
  assert.notEqual(p95Ms(sumOf(...Array.from({ length: 20 }, () => 100))), undefined);
});

test('what nearly all answers took is not what the slowest took, and is off by a fifth at most', () => {
  const latencies = [...Array.from({ length: 96 }, () => 100), 5_000, 5_000, 5_000, 5_000];
  const found = p95Ms(sumOf(...latencies));
  assert.ok(found !== undefined && found >= 100 && found <= 120, String(found));
});

test('the quantile lies where so many have answered, and not one later', () => {
  const sum = sumOf(...Array.from({ length: 19 }, () => 100), 5_000);
  const near = (got: number | undefined, ms: number) =>
    assert.ok(got !== undefined && got >= ms && got <= 1.2 * ms, String(got));
  near(quantileMs(sum, 0.95), 100);
  near(quantileMs(sum, 0.96), 5_000);
  assert.equal(quantileMs(LatencyWindow.emptySum(), 0.5), undefined);
});

test('all that is quicker than a thread wakes up is alike, and all that is slower than a quarter of an hour', () => {
  assert.equal(quantileMs(sumOf(0, 0.01, 16), 1), 16);
  assert.equal(quantileMs(sumOf(1e9), 1), quantileMs(sumOf(16 * 2 ** 16), 1));
  assert.equal(quantileMs(sumOf(16 * 2 ** 16), 1), 16 * 2 ** 16);
});

test('after a silence, nothing of before is known; otherwise the half before is kept for as long again', () => {
  const window = new LatencyWindow();
  const count = () => {
    const sum = LatencyWindow.emptySum();
    window.addTo(sum, 1);
    return sum.reduce((total, one) => total + one, 0);
  };
  window.roll(1_000);
  window.record(100);
  window.roll(31_000);
  window.record(100);
  assert.equal(count(), 2);
  window.roll(60_999);
  assert.equal(count(), 2);
  window.roll(61_000);
  assert.equal(count(), 1);
  window.record(100);
  window.roll(121_000);
  assert.equal(count(), 0);
});
