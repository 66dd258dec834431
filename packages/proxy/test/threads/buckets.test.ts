import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { BucketTable } from '../../src/shared/shared-buckets.ts';
import { SharedStates, sharedMemory } from '../../src/shared/shared-states.ts';

const WAYS = 8;
const BUCKETS = 131_072;

function statesOf(count: number) {
  const memory = sharedMemory('salt');
  const of = Array.from({ length: count }, (_, lane) => new SharedStates({ memory, lane, tell: () => undefined }));
  return { memory, of };
}

const draw = (key: string) => [{ key, limit: { rps: 1, burst: 1, by: { kind: 'client' } } }] as const;

/** So many keys whose buckets lie in one set. */
function crowded(count: number): readonly string[] {
  const sets = new Map<number, string[]>();
  for (let at = 0; ; at++) {
    const set = hash('sha256', `salt ${at}`, 'buffer').readUInt32LE(8) % (BUCKETS / WAYS);
    const keys = sets.get(set) ?? [];
    sets.set(set, keys);
    if (keys.push(`${at}`) === count) return keys;
  }
}

test('a limit has buckets of its own for each key, which all workers draw from, and no other limit does', () => {
  const [a, b] = statesOf(2).of;
  assert.equal(a!.rate('orders').takeAll(draw('one'), 0).kind, 'taken');
  assert.equal(b!.rate('orders').takeAll(draw('one'), 0).kind, 'refused');
  assert.equal(b!.rate('orders').takeAll(draw('other'), 0).kind, 'taken');
  assert.equal(b!.rate('billing').takeAll(draw('one'), 0).kind, 'taken');
});

test('who died at the buckets is waited for by nobody once it is buried', (t) => {
  const { memory, of } = statesOf(2);
  t.mock.method(Atomics, 'wait', () => assert.fail('it waits for the dead'));
  new Int32Array(memory.buckets.memory)[0] = 2;
  of[0]!.bury(1);
  assert.equal(of[0]!.rate('orders').takeAll(draw('one'), 0).kind, 'taken');
});

test('where there is no room for a bucket, the one goes that is full, or else the one that is nearest to it', () => {
  const table = new BucketTable(BucketTable.memory('salt'), 0, { alone: true });
  const keys = crowded(WAYS + 2);
  const known = () => keys.flatMap((key, at) => (table.fullAt(key) > 0 ? [at] : []));
  // The third is full first.
  for (const at of [0, 1, 2, 3, 4, 5, 6, 7]) table.fill(keys[at]!, at === 2 ? 100 : 1_000 + at, 50);
  assert.deepEqual(known(), [0, 1, 2, 3, 4, 5, 6, 7]);
  table.fill(keys[8]!, 2_000, 99);
  assert.deepEqual(known(), [0, 1, 3, 4, 5, 6, 7, 8]);
  // One that has a place keeps it.
  table.fill(keys[8]!, 3_000, 99);
  assert.deepEqual(known(), [0, 1, 3, 4, 5, 6, 7, 8]);
  assert.equal(table.fullAt(keys[8]!), 3_000);
  table.fill(keys[9]!, 4_000, 1_000);
  assert.deepEqual(known(), [1, 3, 4, 5, 6, 7, 8, 9]);
});
