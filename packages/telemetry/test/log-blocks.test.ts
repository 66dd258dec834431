import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { LIMITS } from '../src/store/limits.ts';
import { blocksForLog } from '../src/store/log-blocks.ts';
import { logSchema, spanSchema } from '../src/store/rows.ts';
import { Clock, logRow, open, spanId, spanRow, temporary, textsIn, traceId } from './support.ts';

const lines = (clock: Clock, from: number, count: number) =>
  Array.from({ length: count }, (_, index) => logRow({ at: clock.now + index / 1000, text: `line ${from + index}` }));
const numbered = (count: number) => Array.from({ length: count }, (_, index) => `line ${index}`);

test('what comes in one second is as many blocks as it takes, without a small one at the end', () => {
  const clock = new Clock();
  for (const [count, sizes] of [
    [1, [1]],
    [LIMITS.fewestBlockRows - 1, [LIMITS.fewestBlockRows - 1]],
    [LIMITS.fewestBlockRows, [LIMITS.fewestBlockRows]],
    [LIMITS.blockRows + 1, [8_193, 8_192]],
  ] as const) {
    const rows = { rows: lines(clock, 0, count), first: 100, last: 99 + count };
    const blocks = blocksForLog({ signal: 'logs', service: 'orders', rows }, logSchema);
    assert.deepEqual(
      blocks.map(({ first, last }) => last - first + 1),
      sizes,
    );
    assert.equal(blocks[0]?.first, 100);
    assert.equal(blocks.at(-1)?.last, 99 + count);
    assert.deepEqual(new Set(blocks.map(({ isFinal }) => isFinal)), new Set([count >= LIMITS.fewestBlockRows]));
  }
});

test('spans are never as a segment has them: which of them stay is decided later', () => {
  const rows = Array.from({ length: LIMITS.fewestBlockRows }, (_, index) =>
    spanRow({ at: index, trace: traceId(index), span: spanId(index) }),
  );
  const numbers = { first: 0, last: rows.length - 1 };
  const blocks = blocksForLog({ signal: 'spans', service: 'system', rows: { rows, ...numbers } }, spanSchema);
  assert.deepEqual(
    blocks.map(({ isFinal }) => isFinal),
    [false],
  );
});

test('many rows are encoded once: a segment has the bytes that the log had', (t) => {
  const [folder, clock] = [temporary(t), new Clock()];
  const { store } = open({ folder, clock });
  store.add('logs', 'orders', lines(clock, 0, 20_000));
  store.sync({});
  const logged = readdirSync(join(folder, 'wal')).map((name) => readFileSync(join(folder, 'wal', name)));
  store.tend();
  const [segment] = store.shelves('logs')[0]?.segments ?? [];
  const stored = readFileSync(segment?.path ?? '');
  assert.equal(segment?.blocks.length, 2);
  assert.notEqual(Buffer.concat(logged).indexOf(stored), -1);
  assert.deepEqual(store.heads('logs')[0]?.rows, []);
});

test('few rows, many, and few again are each there once and in their order, wherever the kill came', (t) => {
  const [folder, clock] = [temporary(t), new Clock()];
  let { store } = open({ folder, clock });
  let added = 0;
  for (const [round, count] of [10, 9_000, 300, 20_000, 5, 9_000].entries()) {
    store.add('logs', 'orders', lines(clock, added, count));
    added += count;
    clock.now += 60_000;
    store.sync({});
    // A kill between the log and the segment, and one after both.
    if (round % 2 === 0) store = open({ folder, clock }).store;
    store.tend();
    store = open({ folder, clock }).store;
    store.sync({});
    store.tend();
  }
  store.tend({ all: true });
  assert.deepEqual(textsIn(store), numbered(added));
  assert.deepEqual(textsIn(open({ folder, clock }).store), numbered(added));
});

test('what a disk did not take is encoded and logged with what came later', (t) => {
  const [folder, clock] = [temporary(t), new Clock()];
  let free = 0;
  const { store } = open({ folder, clock, freeBytes: () => free });
  store.add('logs', 'orders', lines(clock, 0, 9_000));
  store.sync({});
  assert.match(store.problem ?? '', /free/);
  free = 1e12;
  clock.now += 60_000;
  store.add('logs', 'orders', lines(clock, 9_000, 9_000));
  store.sync({});
  store.tend();
  assert.equal(store.problem, undefined);
  assert.deepEqual(textsIn(open({ folder, clock }).store), numbered(18_000));
});

test('a damaged block of the log is passed over, and the rows around it are there', (t) => {
  const [folder, clock] = [temporary(t), new Clock()];
  const { store } = open({ folder, clock });
  store.add('logs', 'orders', lines(clock, 0, 20_000));
  store.sync({});
  const [name = ''] = readdirSync(join(folder, 'wal'));
  const path = join(folder, 'wal', name);
  const bytes = readFileSync(path);
  // In the columns of the first of two blocks.
  bytes[Math.floor(bytes.length / 4)]! ^= 0xff;
  writeFileSync(path, bytes);
  assert.deepEqual(textsIn(open({ folder, clock }).store), numbered(20_000).slice(10_000));
});
