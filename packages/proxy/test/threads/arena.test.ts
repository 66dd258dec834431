import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Arena } from '../../src/shared/arena.ts';
import { MAX_THREADS } from '../../src/shared/layout.ts';
import { SharedStates, sharedMemory } from '../../src/shared/shared-states.ts';

const SLOTS = 4_096;

function arenas(count: number) {
  const memory = Arena.memory();
  const company = { alone: false };
  const of = Array.from({ length: count }, (_, lane) => new Arena(memory, lane, company));
  return { memory, of };
}

test('what is let go makes room: names may come and go for ever', () => {
  const memory = sharedMemory('salt');
  const states = [0, 1].map((lane) => new SharedStates({ memory, lane, tell: () => undefined }));
  for (let round = 0; round < 3; round++) {
    for (let edge = 0; edge < SLOTS; edge++) {
      const held = states.map((it) => it.edge(`edge ${round} ${edge}`));
      for (const { letGo } of held) letGo();
    }
  }
  assert.deepEqual(
    states.map(({ unshared }) => unshared),
    [0, 0],
  );
});

test('a slot that was let go a moment ago is the last to be another’s, and knows nothing then', () => {
  const { of } = arenas(1);
  const [arena] = of;
  const first = arena!.open('guards', 'first')!;
  for (const cells of [first.state, first.lanes]) cells.fill(7);
  arena!.close(first);
  const others = Array.from({ length: SLOTS - 1 }, (_, at) => arena!.open('guards', `other ${at}`)!.index);
  assert.ok(!others.includes(first.index));
  const last = arena!.open('guards', 'last')!;
  assert.equal(last.index, first.index);
  assert.deepEqual([...new Set([...last.state, ...last.lanes])], [0]);
  assert.equal(arena!.open('guards', 'one too many'), undefined);
});

test('the same name of another kind is something else', () => {
  const [arena] = arenas(1).of;
  const slots = (['guards', 'service', 'instance'] as const).map((kind) => arena!.open(kind, 'orders')!.index);
  assert.equal(new Set(slots).size, 3);
});

test('each thread, the first and the last, lets go of its own and of nobody else’s', () => {
  const { of } = arenas(MAX_THREADS);
  const slots = of.map((arena) => arena.open('instance', 'orders-1')!);
  assert.equal(new Set(slots.map(({ index }) => index)).size, 1);
  for (const [lane, slot] of slots.entries()) slot.own[0] = lane + 1;
  assert.deepEqual(
    slots.map(({ own }) => own[0]),
    slots.map((_, lane) => lane + 1),
  );
  const [first] = slots;
  first!.state[0] = 7;
  for (const [lane, arena] of of.entries()) {
    if (lane % 2 === 0) arena.close(slots[lane]!);
    else of[0]!.bury(lane);
    const isLast = lane === MAX_THREADS - 1;
    const again = of[MAX_THREADS - 1]!.open('instance', isLast ? 'another' : 'orders-1')!;
    if (!isLast) assert.deepEqual([again.index, again.state[0]], [first!.index, 7]);
  }
  // Nobody has it now, so it begins anew.
  assert.equal(of[0]!.open('instance', 'orders-1')!.state[0], 0);
});

test('who opens, closes or buries waits for whoever is at the directory, and for nobody after that', (t: TestContext) => {
  const acts: Readonly<Record<string, (arena: Arena) => unknown>> = {
    open: (arena) => arena.open('guards', 'new'),
    close: (arena) => arena.close(arena.open('guards', 'x')!),
    bury: (arena) => arena.bury(1),
  };
  for (const [name, act] of Object.entries(acts)) {
    const { memory, of } = arenas(2);
    const [own, dead] = of;
    const slot = dead!.open('guards', 'x')!;
    own!.open('guards', 'x');
    const words = new Int32Array(memory);
    let waited = 0;
    const mock = t.mock.method(Atomics, 'wait', () => {
      waited++;
      words[0] = 0;
      return 'ok';
    });
    // A third thread is at it.
    words[0] = 3;
    act(own!);
    assert.deepEqual([waited, words[0]], [1, 0], name);
    slot.lock.take();
    assert.equal(waited, 1, name);
    slot.lock.release();
    mock.mock.restore();
  }
});

test('who died at the directory, or at a slot of its own, is waited for by nobody once it is buried', (t) => {
  const { memory, of } = arenas(2);
  const [own, dead] = of;
  const slot = dead!.open('guards', 'x')!;
  slot.lock.take();
  new Int32Array(memory)[0] = 2;
  t.mock.method(Atomics, 'wait', () => assert.fail('it waits for the dead'));
  own!.bury(1);
  own!.open('guards', 'x')!.lock.take();
});
