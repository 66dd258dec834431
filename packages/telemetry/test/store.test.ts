import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { appendFileSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { LIMITS } from '../src/store/limits.ts';
import type { Store } from '../src/store/store.ts';
import { Clock, logRow, open, spanId, spanRow, temporary, textsIn, traceId } from './support.ts';

const lines = (clock: Clock, from: number, count: number) =>
  Array.from({ length: count }, (_, index) => logRow({ at: clock.now + index / 1000, text: `line ${from + index}` }));
const numbered = (count: number) => Array.from({ length: count }, (_, index) => `line ${index}`);

test('what was synced is there after a kill, with the state of that sync; what was not is lost', (t) => {
  const [folder, clock] = [temporary(t), new Clock()];
  const { store } = open({ folder, clock });
  store.add('logs', 'orders', lines(clock, 0, 10));
  store.sync({ read: 10 });
  clock.now += 1_000;
  store.add('logs', 'orders', lines(clock, 10, 5));
  // Nobody closes it: that is the kill.
  const after = open({ folder, clock });
  assert.deepEqual(textsIn(after.store), numbered(10));
  assert.deepEqual(after.state, { read: 10 });
});

test('rows are there once, wherever in between log and segments the kill came', (t) => {
  const [folder, clock] = [temporary(t), new Clock()];
  let { store } = open({ folder, clock });
  let added = 0;
  for (let round = 0; round < 12; round++) {
    store.add('logs', 'orders', lines(clock, added, 100));
    added += 100;
    clock.now += 1_000;
    store.sync({});
    if (round % 3 === 0) {
      clock.now += LIMITS.headMs + 1_000;
      store.tend();
    }
    store = open({ folder, clock }).store;
    if (round % 4 === 0) store = open({ folder, clock }).store;
  }
  assert.deepEqual(textsIn(store), numbered(added));
});

test('a kill in the middle of a write leaves what was whole before', (t) => {
  const clock = new Clock();
  const whole = temporary(t);
  const { store } = open({ folder: whole, clock });
  store.add('logs', 'orders', lines(clock, 0, 20));
  store.sync({ read: 20 });
  const [name = ''] = readdirSync(join(whole, 'wal'));
  const first = statSync(join(whole, 'wal', name)).size;
  clock.now += 1_000;
  store.add('logs', 'orders', lines(clock, 20, 20));
  store.sync({ read: 40 });
  const bytes = readFileSync(join(whole, 'wal', name));
  for (let cut = first; cut < bytes.length; cut += 7) {
    const folder = temporary(t);
    open({ folder, clock });
    writeFileSync(join(folder, 'wal', name), bytes.subarray(0, cut));
    const after = open({ folder, clock });
    assert.deepEqual(textsIn(after.store), numbered(20), `cut at ${cut} of ${bytes.length}`);
    assert.deepEqual(after.state, { read: 20 });
  }
});

test('what is damaged in a segment is passed over and marked as a gap; all around it is there', (t) => {
  const [folder, clock] = [temporary(t), new Clock()];
  const { store } = open({ folder, clock });
  for (let block = 0; block < 3; block++) {
    store.add('logs', 'orders', lines(clock, block * 50, 50));
    store.sync({});
    store.tend({ all: true });
    clock.now += 60_000;
  }
  const path = store.shelves('logs')[0]!.segments[0]!.path;
  const [, second] = store.shelves('logs')[0]!.segments[0]!.blocks;
  const bytes = readFileSync(path);
  // In its header, so that nobody knows any more where it ends.
  bytes[second!.body - 5]! ^= 0x10;
  writeFileSync(path, bytes);
  const after = open({ folder, clock }).store;
  assert.deepEqual(textsIn(after), [
    ...numbered(50),
    ...Array.from({ length: 50 }, (_, index) => `line ${100 + index}`),
  ]);
  const [gap] = after.gaps.between(0, clock.now, ['stored']);
  assert(gap !== undefined && gap.from <= second!.header.from && gap.to >= second!.header.to, JSON.stringify(gap));
});

test('an end that is torn is cut off, and written on from there', (t) => {
  const [folder, clock] = [temporary(t), new Clock()];
  let { store } = open({ folder, clock });
  store.add('logs', 'orders', lines(clock, 0, 10));
  store.sync({});
  store.tend({ all: true });
  const path = store.shelves('logs')[0]!.segments[0]!.path;
  appendFileSync(path, readFileSync(path).subarray(0, 100));
  ({ store } = open({ folder, clock }));
  clock.now += 1_000;
  store.add('logs', 'orders', lines(clock, 10, 10));
  store.sync({});
  store.tend({ all: true });
  assert.deepEqual(textsIn(open({ folder, clock }).store), numbered(20));
});

test('a service never has more on disk than it may, and the oldest goes first', (t) => {
  const [folder, clock] = [temporary(t), new Clock()];
  const maxDiskBytes = 3 * 1024 * 1024;
  const { store } = open({ folder, clock, policy: { maxDiskBytes } });
  for (let round = 0; round < 16; round++) {
    const rows = Array.from({ length: 12_000 }, (_, index) =>
      logRow({ at: clock.now + index / 100, text: randomBytes(30).toString('base64') }),
    );
    store.add('logs', 'orders', rows);
    store.sync({});
    store.tend({ all: true });
    assert(store.bytes('orders') <= maxDiskBytes, `${store.bytes('orders')} bytes`);
    clock.now += 60_000;
  }
  assert(store.bytes('orders') > maxDiskBytes / 2);
  assert((store.oldest('orders') ?? 0) > clock.now - 10 * 60_000);
});

test('what is older than it is kept is deleted', (t) => {
  const [folder, clock] = [temporary(t), new Clock()];
  const { store } = open({ folder, clock, policy: { logs: { keepMs: 60_000 } } });
  store.add('logs', 'orders', lines(clock, 0, 10));
  store.sync({});
  store.tend({ all: true });
  clock.now += 61_000;
  store.tend();
  assert.deepEqual(textsIn(store), []);
  assert.deepEqual(readdirSync(join(folder, 'services/orders/logs')), []);
});

test('a disk without room takes nothing, nothing breaks, and what is lost is a gap', (t) => {
  const [folder, clock] = [temporary(t), new Clock()];
  let free = 1e12;
  const { store } = open({ folder, clock, freeBytes: () => free });
  store.add('logs', 'orders', lines(clock, 0, 10));
  store.sync({});
  free = 1_000_000;
  const fullAt = clock.now;
  for (let second = 0; second < 5; second++) {
    clock.now += 1_000;
    store.add('logs', 'orders', lines(clock, 1000, LIMITS.waitingRows / 4));
    store.sync({});
    store.tend();
  }
  assert.match(store.problem ?? '', /free on the disk/);
  assert((store.dropped['the disk took nothing'] ?? 0) > 0);
  free = 1e12;
  clock.now += 1_000;
  store.add('logs', 'orders', [logRow({ at: clock.now, text: 'again' })]);
  store.sync({});
  store.tend();
  assert.equal(store.problem, undefined);
  const [gap] = store.gaps.between(fullAt, clock.now, ['output']);
  assert.equal(gap?.why, 'the disk was full');
  const texts = textsIn(open({ folder, clock }).store);
  assert.deepEqual(texts.slice(0, 10), numbered(10));
  assert.equal(texts.at(-1), 'again');
});

test('a pause of the process is a gap of what came over the network', (t) => {
  const [folder, clock] = [temporary(t), new Clock()];
  open({ folder, clock }).store.sync({});
  const stoppedAt = clock.now;
  clock.now += 30_000;
  const { store } = open({ folder, clock });
  const [gap] = store.gaps.between(0, clock.now, ['otlp']);
  assert.deepEqual([Math.round(gap!.from), gap!.to], [stoppedAt, clock.now]);
});

test('of traces all with an error, slow ones and decisions are kept, and so many of the others in each second', (t) => {
  const [folder, clock] = [temporary(t), new Clock()];
  const { store } = open({ folder, clock, policy: { traces: { keepMs: 1e9, sample: 3, slowMs: 1_000 } } });
  const at = clock.now;
  const ordinary = Array.from({ length: 50 }, (_, index) =>
    spanRow({ trace: traceId(index), span: spanId(index), at }),
  );
  const failed = spanRow({ trace: traceId(100), span: spanId(100), at, status: 'error' });
  const slow = spanRow({ trace: traceId(101), span: spanId(101), at, endAt: at + 1_500 });
  const decided = spanRow({
    trace: traceId(102),
    span: spanId(102),
    at,
    source: 'proxy',
    attributes: '{"islet.kept":"decision"}',
  });
  store.add('spans', 'orders', [...ordinary, failed, slow, decided]);
  store.sync({});
  clock.now += LIMITS.headMs + LIMITS.traceWaitMs;
  store.tend();
  const kept = keptIn(store);
  assert.deepEqual(kept.get(traceId(100)), 'error');
  assert.deepEqual(kept.get(traceId(101)), 'slow');
  assert.deepEqual(kept.get(traceId(102)), 'decision');
  assert.equal([...kept.values()].filter((why) => why === 'sample').length, 3);
});

test('a call that was answered with 4xx is no error of its trace, and one without an answer is', (t) => {
  const [folder, clock] = [temporary(t), new Clock()];
  const { store } = open({ folder, clock, policy: { traces: { keepMs: 1e9, sample: 0, slowMs: 1_000 } } });
  const failed = [
    { kind: 'client', attributes: '{"http.response.status_code":409}' },
    { kind: 'client', attributes: '{"http.status_code":404}' },
    { kind: 'client', attributes: '{"http.response.status_code":500}' },
    { kind: 'client', attributes: '{"error.type":"ECONNREFUSED"}' },
    { kind: 'server', attributes: '{"http.response.status_code":404}' },
  ] as const;
  const spans = failed.map((changes, index) =>
    spanRow({ trace: traceId(index), span: spanId(index), at: clock.now, status: 'error', ...changes }),
  );
  store.add('spans', 'orders', spans);
  store.sync({});
  clock.now += LIMITS.headMs + LIMITS.traceWaitMs;
  store.tend();
  assert.deepEqual([...keptIn(store).keys()].toSorted(), [2, 3, 4].map(traceId).toSorted());
});

test('a trace is kept or left whole, over all services and however late a span of it comes', (t) => {
  const [folder, clock] = [temporary(t), new Clock()];
  const { store } = open({ folder, clock, policy: { traces: { keepMs: 1e9, sample: 1, slowMs: 1_000 } } });
  const at = clock.now;
  const spansOf = (trace: number, service: string, number: number) =>
    spanRow({
      trace: traceId(trace),
      span: spanId(number),
      parent: number % 10 === 0 ? '' : spanId(trace * 10),
      service,
      at,
    });
  for (const trace of [1, 2, 3]) {
    for (const [nth, service] of ['web', 'orders', 'catalog'].entries())
      store.add('spans', service, [spansOf(trace, service, trace * 10 + nth)]);
  }
  const settle = () => {
    store.sync({});
    clock.now += LIMITS.headMs + LIMITS.traceWaitMs;
    store.tend();
  };
  settle();
  for (const trace of [1, 2, 3]) store.add('spans', 'payments', [spansOf(trace, 'payments', trace * 10 + 5)]);
  settle();
  const counts = new Map<string, number>();
  for (const shelf of store.shelves('spans')) {
    for (const block of shelf.blocks({ from: 0, to: clock.now })) {
      for (let index = 0; index < block.header.rows; index++) {
        const { trace } = block.row(index);
        counts.set(trace, (counts.get(trace) ?? 0) + 1);
      }
    }
  }
  assert.deepEqual([...counts.values()], [4]);
});

function keptIn(store: Store): Map<string, string> {
  return new Map(store.heads('traces').flatMap(({ rows }) => rows.map(({ trace, kept }) => [trace, kept])));
}

test('a log that is cut in the middle by whoever is no friend is read up to there', (t) => {
  const [folder, clock] = [temporary(t), new Clock()];
  const { store } = open({ folder, clock });
  store.add('logs', 'orders', lines(clock, 0, 10));
  store.sync({});
  const [name = ''] = readdirSync(join(folder, 'wal'));
  truncateSync(join(folder, 'wal', name), 10);
  assert.deepEqual(textsIn(open({ folder, clock }).store), []);
});
