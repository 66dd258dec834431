import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import fc from 'fast-check';
import {
  type AttemptContext,
  type AttemptFailure,
  decideRetry,
  isIdempotent,
  RETRY_LIMITS,
  RetryBudget,
  retryAfterMs,
  retryDelayMs,
} from '../src/index.ts';

const retry = DEFAULT_TRAFFIC.retry!;
const decide = (failure: AttemptFailure, context: AttemptContext, asked: typeof DEFAULT_TRAFFIC.retry = retry) =>
  decideRetry(failure, context, asked);

const get: AttemptContext = { idempotent: true, replayable: true, failures: 1, charged: 0 };
const post: AttemptContext = { ...get, idempotent: false };

test('a POST that was sent is never repeated', () => {
  assert.equal(decide({ kind: 'reset', dead: false }, post), 'no');
  assert.equal(decide({ kind: 'reset', dead: true }, post), 'no');
  assert.equal(decide({ kind: 'stale' }, post), 'no');
});

test('a request of which nothing was sent is repeated whatever its method', () => {
  assert.equal(decide({ kind: 'refused' }, post), 'free');
  assert.equal(decide({ kind: 'connect-timeout' }, post), 'charged');
});

test('a stream that was refused is repeated whatever its method: once for nothing, then charged', () => {
  assert.equal(decide({ kind: 'unprocessed' }, post), 'free');
  assert.equal(decide({ kind: 'unprocessed' }, { ...post, failures: 2 }), 'charged');
  assert.equal(decideRetry({ kind: 'unprocessed' }, { ...post, failures: 2 }, undefined), 'no');
});

test('UNAVAILABLE asks for a retry of any gRPC call, where 503 is retried at all', () => {
  assert.equal(decide({ kind: 'grpc-unavailable' }, post), 'charged');
  assert.equal(decide({ kind: 'grpc-unavailable' }, { ...post, charged: 1 }), 'no');
  assert.equal(decide({ kind: 'grpc-unavailable' }, post, { ...retry, on: ['reset'] }), 'no');
  assert.equal(decide({ kind: 'unavailable' }, post), 'no');
});

test('a reset is charged once, unless the instance is known dead', () => {
  assert.equal(decide({ kind: 'reset', dead: false }, get), 'charged');
  assert.equal(decide({ kind: 'reset', dead: false }, { ...get, charged: 1 }), 'no');
  assert.equal(decide({ kind: 'reset', dead: true }, { ...get, charged: 1 }), 'free');
});

test('nothing is repeated without its body, after a response began, or for ever', () => {
  assert.equal(decide({ kind: 'refused' }, { ...get, replayable: false }), 'no');
  assert.equal(decide({ kind: 'final' }, get), 'no');
  assert.equal(decide({ kind: 'refused' }, { ...get, failures: RETRY_LIMITS.failures }), 'no');
});

test('a key makes any method idempotent', () => {
  assert.equal(isIdempotent('POST', { hasKey: false }), false);
  assert.equal(isIdempotent('POST', { hasKey: true }), true);
  assert.equal(isIdempotent('PUT', { hasKey: false }), true);
  assert.equal(isIdempotent('get', { hasKey: false }), false);
});

test('what is switched off, or not asked for, is left alone; to choose another instance is no retry', () => {
  const off = (failure: AttemptFailure) => decideRetry(failure, get, undefined);
  assert.deepEqual(
    (['reset', 'unavailable', 'slow', 'connect-timeout'] as const).map((kind) => off({ kind, dead: false })),
    ['no', 'no', 'no', 'no'],
  );
  assert.deepEqual(
    [off({ kind: 'refused' }), off({ kind: 'stale' }), off({ kind: 'reset', dead: true })],
    ['free', 'free', 'free'],
  );
  const onlyReset = { ...retry, on: ['reset'] as const };
  assert.equal(decide({ kind: 'unavailable' }, get, onlyReset), 'no');
  assert.equal(decide({ kind: 'slow' }, get, onlyReset), 'charged');
});

test('a 503 of an idempotent request is repeated, as often as the policy says', () => {
  assert.equal(decide({ kind: 'unavailable' }, post), 'no');
  assert.equal(decide({ kind: 'unavailable' }, get), 'charged');
  assert.equal(decide({ kind: 'unavailable' }, { ...get, charged: 1 }), 'no');
  assert.equal(decide({ kind: 'unavailable' }, { ...get, charged: 1 }, { ...retry, attempts: 2 }), 'charged');
});

test('a wait lies between nothing and a bound that doubles up to its limit', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.double({ min: 0, max: 0.999999, noNaN: true }), (nth, dice) => {
      const delay = retryDelayMs(nth, { backoff: { baseMs: 25, maxMs: 250 }, dice: () => dice });
      assert.ok(delay >= 0 && delay <= Math.min(250, 25 * 2 ** (nth - 1)));
    }),
  );
  const waits = [1, 2, 3, 4, 5, 40].map((nth) =>
    retryDelayMs(nth, { backoff: { baseMs: 25, maxMs: 250 }, dice: () => 0.5 }),
  );
  assert.deepEqual(waits, [12.5, 25, 50, 100, 125, 125], 'in the middle, halfway to its bound');
});

test('Retry-After is seconds or a date, never in the past and never for long', () => {
  const now = Date.parse('Wed, 21 Oct 2026 07:28:00 GMT');
  const rows = [
    ['5', 5_000],
    ['0', 0],
    ['86400', 60_000],
    ['Wed, 21 Oct 2026 07:28:10 GMT', 10_000],
    ['Wed, 21 Oct 2026 07:00:00 GMT', 0],
    ['soon', undefined],
    [undefined, undefined],
  ] as const;
  for (const [value, ms] of rows) assert.equal(retryAfterMs(value, now), ms);
});

test('the budget never exceeds its share of the last ten seconds plus ten', () => {
  // Mostly in quick succession: the window must be full of them for the budget to have a say.
  const afterMs = fc.oneof({ weight: 20, arbitrary: fc.nat(60) }, { weight: 1, arbitrary: fc.nat(12_000) });
  const event = fc.record({ afterMs, retry: fc.boolean() });
  let [granted, refused] = [0, 0];
  fc.assert(
    fc.property(
      fc.array(event, { minLength: 50, maxLength: 400, size: 'max' }),
      fc.integer({ min: 0, max: 100 }),
      (events, percent) => {
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
          } else if (budget.tryRetry(now, percent)) {
            retries.push(now);
            granted++;
            assert.ok(recent(retries).length <= 10 + (percent / 100) * recent(requests).length);
          } else {
            refused++;
            assert.ok(recent(retries).length + 1 > 10 + (percent / 100) * recent(requests).length);
          }
        }
      },
    ),
  );
  assert.ok(granted > 1_000 && refused > 1_000, `${granted} granted, ${refused} refused`);
});
