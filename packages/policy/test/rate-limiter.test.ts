import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RateLimiter } from '../src/index.ts';

const by = { kind: 'client' } as const;

test('it agrees with a bucket that is filled drop by drop, at every moment', () => {
  const specs = fc.record({ rps: fc.integer({ min: 1, max: 1_000 }), burst: fc.integer({ min: 1, max: 50 }) });
  fc.assert(
    fc.property(specs, fc.array(fc.nat(300), { maxLength: 300, size: 'max' }), ({ rps, burst }, gaps) => {
      const limiter = new RateLimiter();
      let [tokens, now] = [burst, 1_000_000];
      for (const gap of gaps) {
        now += gap;
        tokens = Math.min(burst, tokens + (gap * rps) / 1000);
        const waitMs = limiter.take('k', now, { rps, burst, by });
        if (Math.abs(tokens - 1) > 1e-6) assert.equal(waitMs === 0, tokens >= 1, `${tokens} tokens`);
        if (waitMs === 0) tokens -= 1;
        else assert.ok(Math.abs(waitMs - ((1 - tokens) * 1000) / rps) < 1e-3);
      }
    }),
  );
});

test('of several buckets, a request takes from all or from none, as if each were filled drop by drop', () => {
  const limit = fc.record({ rps: fc.integer({ min: 1, max: 200 }), burst: fc.integer({ min: 1, max: 20 }) });
  fc.assert(
    fc.property(
      fc.array(limit, { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat(200), { maxLength: 200, size: 'max' }),
      (specs, gaps) => {
        const limiter = new RateLimiter();
        const draws = specs.map((spec, index) => ({ key: String(index), limit: { ...spec, by } }));
        const tokens = specs.map(({ burst }) => burst);
        let now = 1_000_000;
        for (const gap of gaps) {
          now += gap;
          for (const [index, { rps, burst }] of specs.entries()) {
            tokens[index] = Math.min(burst, tokens[index]! + (gap * rps) / 1000);
          }
          const least = Math.min(...tokens);
          const verdict = limiter.takeAll(draws, now);
          if (Math.abs(least - 1) > 1e-6) assert.equal(verdict.kind, least >= 1 ? 'taken' : 'refused');
          assert.ok(verdict.kind !== 'unlimited');
          const of = draws.findIndex((draw) => draw.limit === verdict.limit);
          if (verdict.kind === 'refused') assert.ok(tokens[of]! < 1 + 1e-6);
          else {
            for (const index of tokens.keys()) tokens[index]! -= 1;
            assert.ok(Math.abs(verdict.left - Math.max(0, tokens[of]!)) < 1 + 1e-6);
            assert.ok(verdict.left <= Math.min(...tokens) + 1e-6, 'it tells of the bucket that has the fewest');
            const { rps, burst } = specs[of]!;
            assert.ok(Math.abs(verdict.fullInMs - ((burst - tokens[of]!) * 1000) / rps) < 1e-3);
          }
        }
      },
    ),
  );
});

test('keys have buckets of their own, and a full one is forgotten', () => {
  const limiter = new RateLimiter();
  const spec = { rps: 1, burst: 1, by };
  assert.deepEqual([limiter.take('a', 0, spec), limiter.take('b', 0, spec)], [0, 0]);
  assert.equal(limiter.take('a', 500, spec), 500);
  limiter.sweep(999);
  assert.equal(limiter.size, 2);
  limiter.sweep(1_000);
  assert.equal(limiter.size, 0);
});

test('a flood of keys takes no more than its share of memory', () => {
  const limiter = new RateLimiter();
  for (let key = 0; key < 100_500; key++) limiter.take(String(key), 0, { rps: 1, burst: 1, by });
  assert.equal(limiter.size, 100_000);
});

test('a wait of less than a millisecond is one', () => {
  const limiter = new RateLimiter();
  const draws = [{ key: 'k', limit: { rps: 4_000, burst: 1, by } }];
  assert.equal(limiter.takeAll(draws, 1_000).kind, 'taken');
  assert.equal(limiter.takeAll(draws, 1_000).kind, 'refused');
  assert.equal(limiter.takeAll(draws, 1_000.3).kind, 'taken');
});

test('what is left is whole tokens, whatever fractions a token is of a second', () => {
  for (const rps of [3, 7, 11, 13, 900]) {
    const limiter = new RateLimiter();
    const draws = [{ key: 'k', limit: { rps, burst: 50, by } }];
    for (let left = 49; left >= 0; left--) {
      const verdict = limiter.takeAll(draws, 1_000_000);
      assert.equal(verdict.kind === 'taken' && verdict.left, left, `${rps} a second`);
    }
    assert.equal(limiter.takeAll(draws, 1_000_000).kind, 'refused');
  }
});
