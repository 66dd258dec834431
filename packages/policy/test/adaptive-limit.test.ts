import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { COHORT } from '../src/cohort.ts';
import { ADAPTIVE_LIMIT, AdaptiveLimit } from '../src/index.ts';
import { exponential, type Load, type Seen, simulate } from './queue-world.ts';

const seeds = fc.integer({ min: 1, max: 2 ** 31 });
/** What converges under noise does so nearly always: the draws are the same in each run, so that a failure is the code's. */
const RUNS = { numRuns: 8, seed: 2 };
const meanLimit = (seen: readonly Seen[]) => seen.reduce((sum, { limit }) => sum + limit, 0) / seen.length;
const after = (seen: readonly Seen[], ms: number) => seen.filter(({ at }) => at >= ms);

test('it converges near the capacity of a saturated service, from above and whatever the number of servers', () => {
  const servers = fc.integer({ min: 20, max: 150 });
  fc.assert(
    fc.property(seeds, servers, (seed, count) => {
      const load: Load = { clients: 10, servers: count, serviceMs: exponential(50) };
      const seen = simulate(load, {
        forMs: 24_000,
        seed,
        at: (it, now) => {
          it.clients = now < 2_000 ? 10 : 800;
        },
      });
      const late = after(seen, 18_000);
      const mean = meanLimit(late);
      assert.ok(mean > 0.9 * count && mean < 2.5 * count + 20, `${mean} for ${count} servers`);
      const perSecond = ((late.at(-1)?.done ?? 0) - (late[0]?.done ?? 0)) / ((late.length - 1) / 10);
      assert.ok(perSecond > 0.85 * count * 20, `${perSecond} a second of ${count * 20}`);
    }),
    RUNS,
  );
});

test('it finds the queue of a service that was never seen at rest', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const seen = simulate({ clients: 800, servers: 100, serviceMs: exponential(50) }, { forMs: 15_000, seed });
      assert.ok(meanLimit(after(seen, 8_000)) < 400);
    }),
    RUNS,
  );
});

test('it follows a service that loses most of its servers, and recovers with it', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const at = (load: Load, now: number) => {
        load.clients = now < 2_000 ? 10 : 800;
        load.servers = now >= 12_000 && now < 24_000 ? 20 : 100;
      };
      const seen = simulate({ clients: 10, servers: 100, serviceMs: exponential(50) }, { forMs: 40_000, seed, at });
      const [before, during, since] = [after(seen, 8_000), after(seen, 20_000), after(seen, 34_000)];
      const less = meanLimit(during.filter(({ at }) => at < 24_000));
      assert.ok(less < 0.6 * meanLimit(before.filter(({ at }) => at < 12_000)), String(less));
      assert.ok(meanLimit(since) > 90, String(meanLimit(since)));
    }),
    RUNS,
  );
});

test('it is never below its least or above its most, whatever the service does', () => {
  const times = fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(seeds, times, fc.integer({ min: 1, max: 900 }), (seed, means, clients) => {
      const serviceMs = (draw: number, now: number) =>
        exponential(means[Math.floor(now / 1_000) % means.length] ?? 1)(draw);
      const seen = simulate({ clients, servers: 40, serviceMs }, { forMs: 12_000, seed });
      assert.ok(seen.every(({ limit }) => limit >= ADAPTIVE_LIMIT.min && limit <= ADAPTIVE_LIMIT.max));
    }),
    { numRuns: 20 },
  );
});

test('a quick service is left alone by what is in flight at 64 connections', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const seen = simulate({ clients: 64, servers: 1, serviceMs: exponential(0.1) }, { forMs: 1_500, seed });
      assert.ok(seen.every(({ limit, refused }) => limit >= 64 && refused === 0));
    }),
    RUNS,
  );
});

test('a very slow service with many requests in flight is refused none', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const at = (load: Load, now: number) => {
        load.clients = now < 60_000 ? 10 : 500;
      };
      const slow: Load = { clients: 10, servers: 10_000, serviceMs: exponential(10_000) };
      const seen = simulate(slow, { forMs: 180_000, seed, at });
      assert.equal(seen.at(-1)?.refused, 0);
    }),
    RUNS,
  );
});

test('a service that has become slower, and has no queue, soon has the places it needs', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const serviceMs = (draw: number, now: number) => exponential(now < 10_000 ? 100 : 400)(draw);
      const seen = simulate({ clients: 200, servers: 10_000, serviceMs }, { forMs: 40_000, seed });
      const late = after(seen, 20_000);
      const wanting = late.filter(({ limit }) => limit < 100);
      assert.ok(wanting.length < 0.3 * late.length, `${wanting.length} of ${late.length}`);
    }),
    RUNS,
  );
});

test('requests that end without a verdict leave nothing behind', () => {
  const limit = new AdaptiveLimit();
  const members = Array.from({ length: 256 }, () => limit.sent(0, 20));
  assert.equal(limit.sent(0, 20), 0);
  for (const member of members) limit.forget(member);
  assert.notEqual(limit.sent(0, 20), 0);
  assert.equal(limit.limit, ADAPTIVE_LIMIT.max);
});

test('a limit that costs throughput goes back to where it was, though answers have become quicker', () => {
  const limit = new AdaptiveLimit();
  let now = 0;
  const cohort = ({ inFlight, overMs, tookMs }: { inFlight: number; overMs: number; tookMs: number }) => {
    const members = Array.from({ length: COHORT.least }, (_, nth) => limit.sent(now + (nth * overMs) / 99, inFlight));
    now += overMs;
    for (const member of members) limit.answered(member, { tookMs, now, queueMs: 1_000 });
  };
  const rest = { inFlight: 2, overMs: 500, tookMs: 5 };
  const slow = { inFlight: 100, overMs: 500, tookMs: 300 };
  for (const one of [rest, rest, slow, slow]) cohort(one);
  assert.equal(limit.limit, 60);
  // As many are answered by fewer: there is a queue. A trial shows the same.
  cohort({ inFlight: 60, overMs: 500, tookMs: 180 });
  cohort({ inFlight: 120, overMs: 500, tookMs: 360 });
  const shrunk = limit.limit;
  assert.ok(shrunk < 60);
  cohort({ inFlight: shrunk, overMs: 2_000, tookMs: 100 });
  assert.equal(limit.limit, ADAPTIVE_LIMIT.max, 'half as many are answered');
});
