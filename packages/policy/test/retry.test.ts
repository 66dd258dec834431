import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type AttemptContext, decideRetry, isIdempotent, RETRY_LIMITS, RetryBudget } from '../src/index.ts';

const get: AttemptContext = { idempotent: true, replayable: true, failures: 1, charged: 0 };
const post: AttemptContext = { ...get, idempotent: false };

test('a POST that was sent is never repeated', () => {
  assert.equal(decideRetry({ kind: 'reset', dead: false }, post), 'no');
  assert.equal(decideRetry({ kind: 'reset', dead: true }, post), 'no');
  assert.equal(decideRetry({ kind: 'stale' }, post), 'no');
});

test('a request of which nothing was sent is repeated whatever its method', () => {
  assert.equal(decideRetry({ kind: 'refused' }, post), 'free');
  assert.equal(decideRetry({ kind: 'connect-timeout' }, post), 'charged');
});

test('a reset is charged once, unless the instance is known dead', () => {
  assert.equal(decideRetry({ kind: 'reset', dead: false }, get), 'charged');
  assert.equal(decideRetry({ kind: 'reset', dead: false }, { ...get, charged: 1 }), 'no');
  assert.equal(decideRetry({ kind: 'reset', dead: true }, { ...get, charged: 1 }), 'free');
});

test('nothing is repeated without its body, after a response began, or for ever', () => {
  assert.equal(decideRetry({ kind: 'refused' }, { ...get, replayable: false }), 'no');
  assert.equal(decideRetry({ kind: 'final' }, get), 'no');
  assert.equal(decideRetry({ kind: 'refused' }, { ...get, failures: RETRY_LIMITS.failures }), 'no');
});

test('a key makes any method idempotent', () => {
  assert.equal(isIdempotent('POST', { hasKey: false }), false);
  assert.equal(isIdempotent('POST', { hasKey: true }), true);
  assert.equal(isIdempotent('PUT', { hasKey: false }), true);
  assert.equal(isIdempotent('get', { hasKey: false }), false);
});

test('the budget never exceeds a fifth of the last ten seconds plus ten', () => {
  const event = fc.record({ afterMs: fc.nat(3_000), retry: fc.boolean() });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 300 }), (events) => {
      const budget = new RetryBudget();
      const requests: number[] = [];
      const retries: number[] = [];
      let now = 1_700_000_000_000;
      for (const { afterMs, retry } of events) {
        now += afterMs;
        const recent = (all: readonly number[]) =>
          all.filter((at) => Math.floor(at / 1000) > Math.floor(now / 1000) - 10);
        if (!retry) {
          budget.request(now);
          requests.push(now);
        } else if (budget.tryRetry(now)) {
          retries.push(now);
          assert.ok(recent(retries).length <= 10 + 0.2 * recent(requests).length);
        } else {
          assert.ok(recent(retries).length + 1 > 10 + 0.2 * recent(requests).length);
        }
      }
    }),
  );
});
