import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ADAPTIVE_LIMIT, LoopTurns } from '../src/index.ts';
import { type LoopLoad, simulateLoop } from './loop-world.ts';

const CROWD: LoopLoad = { clients: 1_000, readMs: 0.02, servers: 64, serviceMs: 0.1 };

test('a proxy that is itself what limits refuses none of a thousand clients of a service that answers at once', () => {
  const readMs = fc.double({ min: 0.02, max: 0.2, noNaN: true });
  fc.assert(
    fc.property(readMs, (readMs) => {
      const seen = simulateLoop({ ...CROWD, readMs, turns: new LoopTurns() }, { forMs: 6_000 });
      assert.deepEqual([seen.refused, seen.leastLimit], [0, ADAPTIVE_LIMIT.max]);
    }),
    { numRuns: 8, seed: 3 },
  );
});

test('by its clock alone, the same proxy takes its own work for the queue of the service', () => {
  const seen = simulateLoop({ ...CROWD, readMs: 0.05 }, { forMs: 6_000 });
  assert.ok(seen.leastLimit < 500, JSON.stringify(seen));
});

test('a busy proxy still finds the queue of a service that is what limits', () => {
  const service = { servers: 40, serviceMs: 10 };
  const load = { ...CROWD, ...service, clients: 800, readMs: 0.05, turns: new LoopTurns() };
  const seen = simulateLoop(load, { forMs: 20_000 });
  assert.ok(seen.leastLimit < 300, JSON.stringify(seen));
  const perSecond = seen.done / 18;
  assert.ok(perSecond > 0.85 * 4_000, `${perSecond} a second of 4000`);
});

test('what a turn hears of has come since the turn before, or just now where the loop had waited', () => {
  const turns = new LoopTurns();
  turns.begin(100);
  assert.equal(turns.heardSince, 100);
  turns.end(120);
  turns.begin(120.1);
  assert.equal(turns.heardSince, 100);
  turns.end(125);
  turns.begin(140);
  assert.equal(turns.heardSince, 140);
  turns.end(140.1);
  turns.begin(140.2);
  assert.equal(turns.heardSince, 140);
});
