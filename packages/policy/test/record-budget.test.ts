import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Ended, NOTABLE_PER_SECOND, RecordBudget } from '../src/index.ts';

const SPEC = { sample: 3, slowMs: 1_000 };
const FINE: Ended = { asked: false, failed: false, decided: false, totalMs: 4 };

for (const [why, ended] of [
  ['error', { ...FINE, failed: true }],
  ['decision', { ...FINE, decided: true }],
  ['slow', { ...FINE, totalMs: 1_000 }],
  ['asked', { ...FINE, asked: true }],
] as const) {
  test(`keeps what a person would ask about, also without samples: ${why}`, () => {
    const budget = new RecordBudget();
    assert.equal(budget.take(ended, 0, { ...SPEC, sample: 0 }), why);
  });
}

test('keeps so many samples in each second, and no more', () => {
  const budget = new RecordBudget();
  const kept = (now: number) => Array.from({ length: 10 }, () => budget.take(FINE, now, SPEC)).filter(Boolean).length;
  assert.deepEqual([kept(0), kept(999), kept(1_000)], [3, 0, 3]);
  assert.equal(budget.dropped, 0);
});

test('in an outage keeps its beginning, and counts the rest', () => {
  const budget = new RecordBudget();
  const failed = { ...FINE, failed: true };
  const kept = Array.from({ length: NOTABLE_PER_SECOND + 5 }, () => budget.take(failed, 7_000, SPEC)).filter(Boolean);
  assert.equal(kept.length, NOTABLE_PER_SECOND);
  assert.equal(budget.dropped, 5);
  assert.equal(budget.take(failed, 8_000, SPEC), 'error');
});
