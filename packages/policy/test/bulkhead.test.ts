import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ADAPTIVE_LIMIT, Bulkhead } from '../src/index.ts';

test('never more is in flight or waits than is allowed, and those who wait go in their order', () => {
  const limitsOf = fc.record({
    connections: fc.integer({ min: 1, max: 6 }),
    requests: fc.integer({ min: 1, max: 6 }),
    pending: fc.integer({ min: 0, max: 4 }),
    queueMs: fc.constant(1_000),
  });
  const step = fc.constantFrom('come', 'end', 'upgrade', 'open', 'close', 'give up');
  fc.assert(
    fc.property(limitsOf, fc.array(step, { maxLength: 200, size: 'max' }), (limits, steps) => {
      const bulkhead = new Bulkhead<number>();
      let [requests, tunnels, id] = [0, 0, 0];
      let queue: number[] = [];
      const serve = () => {
        for (let next = bulkhead.next(limits); next !== undefined; next = bulkhead.next(limits)) {
          assert.equal(next, queue.shift());
          requests++;
        }
      };
      for (const what of steps) {
        if (what === 'come') {
          id++;
          if (bulkhead.tryEnter(limits)) {
            assert.equal(queue.length, 0);
            requests++;
          } else if (bulkhead.tryWait(id, limits)) queue.push(id);
          else assert.equal(queue.length, limits.pending);
        } else if (what === 'end' && requests > 0) {
          bulkhead.leave();
          requests--;
        } else if (what === 'upgrade' && requests > 0) {
          bulkhead.becomeTunnel();
          requests--;
          tunnels++;
        } else if (what === 'open') {
          const opened = bulkhead.tryOpenTunnel(limits);
          assert.equal(opened, requests + tunnels < limits.connections);
          if (opened) tunnels++;
        } else if (what === 'close' && tunnels > 0) {
          bulkhead.closeTunnel();
          tunnels--;
        } else if (what === 'give up' && queue[0] !== undefined) {
          bulkhead.stopWaiting(queue[0]);
          queue = queue.slice(1);
        }
        serve();
        assert.ok(requests <= limits.requests && requests + tunnels <= limits.connections);
        assert.equal(bulkhead.waiting, queue.length);
        assert.ok(queue.length === 0 || requests === limits.requests || requests + tunnels === limits.connections);
      }
    }),
  );
});

test('of those who wait, a higher rank goes first, and takes the place of the last of the lowest', () => {
  const limits = { connections: 9, requests: 1, pending: 3 };
  const bulkhead = new Bulkhead<string>();
  assert.ok(bulkhead.tryEnter(limits));
  for (const [waiter, rank] of [
    ['a2', 2],
    ['b3', 3],
    ['c3', 3],
  ] as const)
    assert.ok(bulkhead.tryWait(waiter, limits, rank));
  assert.ok(!bulkhead.tryWait('d0', limits, 0));
  assert.equal(bulkhead.pushOut('d0', 0), 'c3');
  assert.equal(bulkhead.pushOut('e3', 3), undefined);
  const turns = [];
  for (let left = 3; left > 0; left--) {
    bulkhead.leave();
    turns.push(bulkhead.next(limits));
  }
  assert.deepEqual([turns, bulkhead.waiting], [['d0', 'a2', 'b3'], 0]);
});

test("clients take turns, whoever has more waiting, and one client's go in order", () => {
  const bulkhead = new Bulkhead<string>();
  const limits = { requests: 1, connections: 10, pending: 100 };
  bulkhead.tryEnter(limits);
  for (const name of ['a1', 'a2', 'a3', 'a4', 'b1', 'c1', 'b2']) bulkhead.tryWait(name, limits, 0, name.slice(0, 1));
  bulkhead.tryWait('first', limits, 0, 'z');
  bulkhead.stopWaiting('first');
  const order: (string | undefined)[] = [];
  for (let count = 0; count < 7; count++) {
    bulkhead.leave();
    order.push(bulkhead.next(limits));
  }
  assert.deepEqual(order, ['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4']);
});

test('a full queue makes room for a client that has clearly fewer in it, and for nobody else of that rank', () => {
  const bulkhead = new Bulkhead<string>();
  const limits = { requests: 1, connections: 10, pending: 4 };
  bulkhead.tryEnter(limits);
  for (const name of ['a1', 'a2', 'a3', 'b1']) bulkhead.tryWait(name, limits, 0, name.slice(0, 1));
  assert.equal(bulkhead.pushOut('a4', 0, 'a'), undefined);
  assert.equal(bulkhead.pushOut('b2', 0, 'b'), 'a3');
  assert.equal(bulkhead.waiting, 4);
  // Two each: nobody has clearly more.
  assert.equal(bulkhead.pushOut('b3', 0, 'b'), undefined);
  assert.equal(bulkhead.pushOut('c1', 0, 'c'), 'b2');
});

test('only who has clearly more waiting makes room: one more is not clearly more', () => {
  const bulkhead = new Bulkhead<string>();
  const limits = { requests: 1, connections: 10, pending: 3 };
  bulkhead.tryEnter(limits);
  for (const name of ['a1', 'a2', 'b1']) bulkhead.tryWait(name, limits, 0, name.slice(0, 1));
  assert.equal(bulkhead.pushOut('b2', 0, 'b'), undefined);
  assert.equal(bulkhead.pushOut('c1', 0, 'c'), 'a2');
});

test('who was pushed out and gives up gives nothing up twice; whose turn it is stands in the first rank where somebody waits', () => {
  const bulkhead = new Bulkhead<string>();
  const limits = { requests: 1, connections: 10, pending: 2 };
  bulkhead.tryEnter(limits);
  assert.equal(bulkhead.first, undefined);
  bulkhead.tryWait('b3', limits, 3);
  assert.equal(bulkhead.first, 'b3');
  bulkhead.tryWait('a1', limits, 1);
  assert.equal(bulkhead.first, 'a1');
  assert.equal(bulkhead.pushOut('c0', 0), 'b3');
  bulkhead.stopWaiting('b3');
  assert.equal(bulkhead.waiting, 2);
  for (const turn of ['c0', 'a1']) {
    bulkhead.leave();
    assert.equal(bulkhead.next(limits), turn);
  }
  assert.deepEqual([bulkhead.waiting, bulkhead.requests, bulkhead.next(limits)], [0, 1, undefined]);
});

test('where the limit is found by watching, as many are let in as it says now', () => {
  const bulkhead = new Bulkhead<string>();
  const limits = { requests: 'auto', connections: 2_000, pending: 1 } as const;
  assert.equal(bulkhead.adaptive.limit, ADAPTIVE_LIMIT.max);
  for (let count = 0; count < ADAPTIVE_LIMIT.max; count++) assert.ok(bulkhead.tryEnter(limits));
  assert.ok(!bulkhead.tryEnter(limits));
  // Quick at rest, slow with many in flight: there is a queue, and the limit shrinks.
  let now = 0;
  const cohort = (inFlight: number, tookMs: number) => {
    const members = Array.from({ length: 256 }, () => bulkhead.adaptive.sent(now, inFlight));
    for (const member of members) {
      now += 10;
      bulkhead.adaptive.answered(member, { tookMs, now, queueMs: 1_000 });
    }
  };
  for (const [inFlight, tookMs] of [
    [2, 5],
    [2, 5],
    [100, 300],
    [100, 300],
  ] as const)
    cohort(inFlight, tookMs);
  const { limit } = bulkhead.adaptive;
  assert.ok(limit < ADAPTIVE_LIMIT.max, String(limit));
  while (bulkhead.requests > limit) bulkhead.leave();
  assert.ok(!bulkhead.tryEnter(limits));
  bulkhead.leave();
  assert.ok(bulkhead.tryEnter(limits));
});
