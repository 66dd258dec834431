import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Bulkhead } from '../src/index.ts';

test('never more is in flight or waits than is allowed, and those who wait go in their order', () => {
  const limitsOf = fc.record({
    connections: fc.integer({ min: 1, max: 6 }),
    requests: fc.integer({ min: 1, max: 6 }),
    pending: fc.integer({ min: 0, max: 4 }),
    queueMs: fc.constant(1_000),
  });
  const step = fc.constantFrom('come', 'end', 'upgrade', 'open', 'close', 'give up');
  fc.assert(
    fc.property(limitsOf, fc.array(step, { maxLength: 200 }), (limits, steps) => {
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
  assert.equal(bulkhead.pushOut(0), 'c3');
  assert.ok(bulkhead.tryWait('d0', limits, 0));
  assert.equal(bulkhead.pushOut(3), undefined);
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
  assert.equal(bulkhead.pushOut(0, 'a'), undefined);
  assert.equal(bulkhead.pushOut(0, 'b'), 'a3');
  assert.equal(bulkhead.tryWait('b2', limits, 0, 'b'), true);
  // Two each: nobody has clearly more.
  assert.equal(bulkhead.pushOut(0, 'b'), undefined);
  assert.equal(bulkhead.pushOut(0, 'c'), 'b2');
});
