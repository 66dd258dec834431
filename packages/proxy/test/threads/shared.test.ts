import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RETRY_BUDGET } from '@islet/policy';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import type { Waiter } from '../../src/guards.ts';
import { Mutex } from '../../src/shared/mutex.ts';
import { SharedStates, sharedMemory } from '../../src/shared/shared-states.ts';
import { until } from '../world.ts';
import { crowd, NOW } from './crowd.ts';

const breaker = DEFAULT_TRAFFIC.breaker!;
const outlier = DEFAULT_TRAFFIC.outlier!;
const limits = { requests: 2, connections: 10, pending: 5 } as const;

function threads(count: number, told: string[] = []) {
  const memory = sharedMemory('salt');
  const states = Array.from({ length: count }, (_, lane) => {
    return new SharedStates({ memory, lane, tell: ({ kind }) => told.push(`${lane} ${kind}`) });
  });
  return { memory, states };
}

for (const places of [1, 3]) {
  test(`a crowd of four threads is let in by ${places}, and draws, retries and probes as one would`, async () => {
    const { memory, states } = threads(1);
    const edge = states[0]!.edge('web orders');
    // The breaker is open; by the time the crowd comes, a few may find out.
    for (let call = 0; call < breaker.minCalls; call++) {
      edge.guards.breaker.record(
        edge.guards.breaker.admit(NOW, breaker)!,
        { failed: true, slow: false, now: NOW },
        breaker,
      );
    }
    const turns = 4_000;
    const counted = await crowd({ memory, threads: 4, turns, places });
    assert.ok(counted.entered > 0 && counted.most <= places, `${counted.most} of ${places} were inside`);
    assert.equal(counted.drawn, 37);
    assert.equal(counted.retried, RETRY_BUDGET.floor + 0.2 * 4 * turns);
    assert.equal(counted.probes, breaker.halfOpen);
    assert.equal(edge.guards.bulkhead.requests, 0);
    assert.equal(edge.budget.requests, 4 * turns);
  });
}

test('what a dead thread had is given back: places, those who waited in it, and calls that were to find out', () => {
  const { states } = threads(3);
  const [a, b, c] = states.map((it) => it.edge('web orders').guards);
  const waiter: Waiter = { onPlace: () => undefined, onPushedOut: () => undefined, onRoom: () => undefined };
  assert.deepEqual([a!.bulkhead.tryEnter(limits), b!.bulkhead.tryEnter(limits)], [true, true]);
  assert.equal(b!.bulkhead.tryWait(waiter, limits), true);
  assert.equal(b!.bulkhead.waiting, 1);
  for (let call = 0; call < breaker.minCalls; call++) {
    c!.breaker.record(c!.breaker.admit(0, breaker)!, { failed: true, slow: false, now: 0 }, breaker);
  }
  for (let probe = 0; probe < breaker.halfOpen; probe++) b!.breaker.admit(breaker.openMs, breaker);
  assert.equal(c!.breaker.admit(breaker.openMs, breaker), undefined);
  states[0]!.bury(1);
  assert.deepEqual([a!.bulkhead.requests, a!.bulkhead.waiting], [1, 0]);
  assert.notEqual(c!.breaker.admit(breaker.openMs, breaker), undefined);
  a!.bulkhead.leave();
  assert.equal(c!.bulkhead.requests, 0);
});

test('a probe that died with its thread may be made again, and what the thread had ejected stays out', () => {
  const { states } = threads(2);
  const [a, b] = states.map((it) => it.instance('orders', 'orders-1').standing);
  b!.eject('5xx', outlier, { now: 0, dice: () => 0 });
  assert.equal(a!.isOut, true);
  assert.equal(b!.tryProbe(outlier.baseMs, { idempotent: true }), true);
  assert.equal(a!.mayProbe(outlier.baseMs, { idempotent: true }), false);
  states[0]!.bury(1);
  assert.equal(a!.isOut, true);
  assert.equal(a!.mayProbe(outlier.baseMs, { idempotent: true }), true);
});

test('a place that is freed while somebody waits in another thread is told, and only then', () => {
  const told: string[] = [];
  const { states } = threads(2, told);
  const [a, b] = states.map((it) => it.edge('web orders').guards.bulkhead);
  const rooms: string[] = [];
  const waiter: Waiter = { onPlace: () => undefined, onPushedOut: () => undefined, onRoom: () => rooms.push('b') };
  const one = { ...limits, requests: 1 };
  a!.tryEnter(one);
  a!.leave();
  assert.deepEqual(told, []);
  a!.tryEnter(one);
  assert.equal(b!.tryEnter(one), false);
  b!.tryWait(waiter, one);
  a!.leave();
  assert.deepEqual(told, ['0 freed']);
  states[1]!.heed({ kind: 'freed', slot: 0 });
  assert.deepEqual(rooms, ['b']);
  assert.equal(b!.next(one), waiter);
});

test('of the places that a thread frees, others get their part, though somebody waits in it too', async () => {
  const told: string[] = [];
  const { states } = threads(2, told);
  const [a, b] = states.map((it) => it.edge('web orders').guards.bulkhead);
  const one = { ...limits, requests: 1, pending: 50 };
  const waiter = (): Waiter => ({ onPlace: () => undefined, onPushedOut: () => undefined, onRoom: () => undefined });
  a!.tryEnter(one);
  b!.tryWait(waiter(), one);
  for (let count = 0; count < 3; count++) a!.tryWait(waiter(), one);
  // One of four waits elsewhere, then one of three, then one of two: by then the first place is due to it.
  const own: boolean[] = [];
  for (let count = 0; count < 3; count++) {
    a!.leave();
    own.push(a!.next(one) !== undefined);
  }
  assert.deepEqual([own, told], [[true, true, false], ['0 freed']]);
  // Should nobody come for it, it is not lost, and the next one is again this thread's own.
  await until(() => a!.next(one) !== undefined);
  a!.tryWait(waiter(), one);
  a!.leave();
  assert.notEqual(a!.next(one), undefined);
  assert.deepEqual(told, ['0 freed']);
});

test('who takes the place of a lesser one in the queue waits in its stead, and is given back with its thread', () => {
  const { states } = threads(3);
  const [a, b, c] = states.map((it) => it.edge('web orders').guards.bulkhead);
  const one = { ...limits, requests: 1, pending: 1 };
  const waiter = (): Waiter => ({ onPlace: () => undefined, onPushedOut: () => undefined, onRoom: () => undefined });
  const [lesser, more] = [waiter(), waiter()];
  a!.tryEnter(one);
  assert.equal(b!.tryWait(lesser, one, 3), true);
  assert.equal(c!.pushOut(more, 0), undefined, 'who waits in another thread is nobody to push out');
  assert.equal(b!.pushOut(more, 0), lesser);
  assert.deepEqual([a!.waiting, b!.first], [1, more]);
  assert.equal(c!.tryWait(waiter(), one), false);
  states[0]!.bury(1);
  assert.equal(a!.waiting, 0);
});

test('one that finds its place free although it was refused a moment ago need not be told', async () => {
  const { states } = threads(2);
  const [a, b] = states.map((it) => it.edge('web orders').guards.bulkhead);
  const one = { ...limits, requests: 1 };
  a!.tryEnter(one);
  assert.equal(b!.tryEnter(one), false);
  // Nobody waits yet, so nobody is told.
  a!.leave();
  const room = new Promise<void>((resolve) => {
    b!.tryWait({ onPlace: () => undefined, onPushedOut: () => undefined, onRoom: resolve }, one);
  });
  await room;
});

test('a slot is used again only when every thread has let it go, and then it knows nothing', () => {
  const { states } = threads(2);
  const [first, second] = states;
  const a = first!.edge('web orders');
  const b = second!.edge('web orders');
  a.guards.bulkhead.tryEnter(limits);
  a.letGo();
  assert.equal(b.guards.bulkhead.requests, 1);
  assert.equal(first!.edge('web orders').guards.bulkhead.requests, 1);
  b.letGo();
  first!.bury(0);
  assert.equal(second!.edge('web orders').guards.bulkhead.requests, 0);
});

test('where the memory is full, a limit holds for each thread, and that is told', () => {
  const { states } = threads(1);
  for (let edge = 0; edge < 4_096; edge++) states[0]!.edge(`edge ${edge}`);
  assert.equal(states[0]!.unshared, 0);
  const more = states[0]!.edge('one more').guards.bulkhead;
  assert.equal(states[0]!.unshared, 1);
  assert.equal(more.tryEnter(limits), true);
});

test('a lock whose holder died in it is free when it is buried, and after a while in any case', () => {
  const words = new Int32Array(new SharedArrayBuffer(4));
  const company = { alone: false };
  const [dead, living] = [0, 1].map((lane) => new Mutex(words, 0, { lane, company }));
  dead!.take();
  Mutex.bury(words, 0, 1);
  assert.notEqual(words[0], 0);
  Mutex.bury(words, 0, 0);
  assert.equal(words[0], 0);
  dead!.take();
  living!.take();
  // It wakes up late, and must not give back what is another's by now.
  const held = words[0];
  dead!.release();
  assert.equal(words[0], held);
  living!.release();
  assert.equal(words[0], 0);
});
