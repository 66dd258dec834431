import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LatencyWindow, p95Ms } from '../src/index.ts';

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
