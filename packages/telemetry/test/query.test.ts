import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import type { RequestRecord } from '@islet/policy';
import { requestSpans } from '../src/proxy/request-spans.ts';
import { findLogs } from '../src/query/logs.ts';
import { findTrace, findTraces } from '../src/query/traces.ts';
import { LIMITS } from '../src/store/limits.ts';
import type { LogRow } from '../src/store/rows.ts';
import type { Store } from '../src/store/store.ts';
import { Clock, logRow, open, spanId, spanRow, temporary, traceId } from './support.ts';

const HOUR_MS = 3_600_000;
const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** 3,000 records of two services over half an hour: a part in segments, a part in memory. */
function filled(folder: string, clock: Clock): Store {
  const { store } = open({ folder, clock });
  const start = clock.now;
  for (let part = 0; part < 6; part++) {
    for (const service of ['orders', 'web']) {
      const rows = Array.from({ length: 250 }, (_, index): LogRow => {
        const number = part * 250 + index;
        return logRow({
          at: start + number * 1_000,
          service,
          instance: `${service}-abc.0-${number % 2}`,
          level: LEVELS[number % 4]!,
          text: `${service} says Number ${number}${number % 100 === 7 ? ' über alles' : ''}`,
          trace: number % 10 === 0 ? traceId(number) : '',
          attributes: number % 500 === 3 ? JSON.stringify({ order: `o-${number}` }) : '',
        });
      });
      store.add('logs', service, rows);
    }
    store.sync({});
    if (part < 4) store.tend({ all: true });
  }
  clock.now = start + 1_500 * 1_000;
  return store;
}

test('logs are found newest first, page by page, and each once', async (t) => {
  const clock = new Clock();
  const store = filled(temporary(t), clock);
  const seen: string[] = [];
  let before: number | undefined;
  for (let page = 0; page < 100; page++) {
    const { logs } = await findLogs(
      store,
      { service: 'orders', limit: 200, ...(before !== undefined && { before }) },
      clock.now,
    );
    if (logs.length === 0) break;
    for (const [one, other] of logs.slice(1).map((log, index) => [logs[index]!, log] as const))
      assert(one.at >= other.at);
    seen.push(...logs.map(({ id }) => id));
    before = logs.at(-1)!.at;
  }
  assert.equal(seen.length, 1_500);
  assert.equal(new Set(seen).size, 1_500);
});

for (const [name, asked, count] of [
  ['a level and above', { level: 'warn' }, 1_500],
  ['an instance', { instance: 'orders-abc.0-1' }, 750],
  ['a part of the text, in any case', { grep: 'ORDERS SAYS number 1499' }, 1],
  ['letters that are no ASCII', { grep: 'ÜBER' }, 30],
  ['a regular expression', { grep: '/number 12[34]\\b/', service: 'web' }, 2],
  ['a field', { grep: 'O-503' }, 2],
  ['a regular expression in a field', { grep: '/"order":"o-[35]/' }, 4],
  ['a trace', { trace: traceId(490) }, 2],
  ['all of them together', { service: 'web', level: 'error', grep: 'number 103' }, 4],
  ['what is not there', { grep: 'nobody said this' }, 0],
] as const) {
  test(`logs are found by ${name}, in segments and in memory`, async (t) => {
    const clock = new Clock();
    const store = filled(temporary(t), clock);
    const { logs, looked } = await findLogs(store, { ...asked, limit: 5_000 }, clock.now);
    assert.equal(logs.length, count);
    assert(looked.complete);
  });
}

test('blocks that can hold nothing of what is asked are not read', async (t) => {
  const clock = new Clock();
  const store = filled(temporary(t), clock);
  assert.equal((await findLogs(store, { trace: traceId(999_999) }, clock.now)).looked.segments, 0);
  assert.equal((await findLogs(store, { level: 'fatal' }, clock.now)).looked.segments, 0);
  const old = await findLogs(store, { from: clock.now - 9 * HOUR_MS, to: clock.now - 8 * HOUR_MS }, clock.now);
  assert.deepEqual([old.looked.segments, old.logs.length], [0, 0]);
});

test('a damaged column costs its block, and is told as a gap', async (t) => {
  const clock = new Clock();
  const folder = temporary(t);
  const store = filled(folder, clock);
  const segment = store.shelves('logs', 'orders')[0]!.segments[0]!;
  const { body, header } = segment.blocks[1]!;
  const bytes = readFileSync(segment.path);
  bytes[body + header.filter[0] + 20]! ^= 0x40;
  writeFileSync(segment.path, bytes);
  const { logs } = await findLogs(store, { service: 'orders', limit: 5_000 }, clock.now);
  assert.equal(logs.length, 1_250);
  const { gaps } = await findLogs(store, { service: 'orders', limit: 1 }, clock.now);
  assert.match(gaps[0]?.why ?? '', /damaged/);
});

test('a question that makes no sense is answered with what is wrong', async (t) => {
  const clock = new Clock();
  const store = filled(temporary(t), clock);
  await assert.rejects(findLogs(store, { grep: '/(/' }, clock.now), /no regular expression/);
  await assert.rejects(findLogs(store, { from: 5, to: 4 }, clock.now), /later/);
});

const RECORD: RequestRecord = {
  v: 1,
  at: 0,
  id: 'req-1',
  trace: traceId(1),
  span: spanId(1).slice(0, -1).concat('0'),
  from: 'gateway',
  service: 'orders',
  route: '/api/orders',
  protocol: 'http/1.1',
  method: 'POST',
  path: '/api/orders',
  status: 201,
  bytesIn: 1,
  bytesOut: 2,
  timings: { queue: 0, connect: 1, firstByte: 9, total: 10 },
  tries: [
    { instance: 'orders-abc.0-0', revision: 'abc', start: 0, end: 4, outcome: 'connection-refused' },
    { instance: 'orders-abc.0-1', revision: 'abc', start: 4, end: 10, outcome: 201 },
  ],
  decisions: [{ rule: 'traffic.retry.attempts' as never, at: 4, why: 'refused' }],
  kept: 'decision',
};

for (const isSealed of [false, true]) {
  test(`a trace has its spans over all services, its logs and its requests, ${isSealed ? 'in segments' : 'in memory'}`, async (t) => {
    const clock = new Clock();
    const { store } = open({ folder: temporary(t), clock });
    const at = clock.now;
    const request = requestSpans({ ...RECORD, at });
    const answering = spanRow({
      trace: RECORD.trace,
      span: spanId(7),
      parent: request[2]!.span,
      at: at + 5,
      attributes: '{"order.id":"7"}',
    });
    const below = spanRow({
      trace: RECORD.trace,
      span: spanId(8),
      parent: spanId(7),
      service: 'catalog',
      at: at + 6,
      status: 'error',
    });
    store.add('spans', 'orders', [...request, answering, below, spanRow({ trace: traceId(2), span: spanId(9), at })]);
    store.add('logs', 'catalog', [logRow({ at: at + 6, service: 'catalog', text: 'it broke', trace: RECORD.trace })]);
    store.sync({});
    clock.now += LIMITS.headMs + LIMITS.traceWaitMs;
    if (isSealed) store.tend({ all: true });

    const found = await findTrace(store, RECORD.trace, clock.now);
    assert.deepEqual(
      found.spans.map(({ service, source }) => `${service} ${source}`),
      ['orders proxy', 'orders proxy', 'orders proxy', 'orders otlp', 'catalog otlp'],
    );
    assert.deepEqual(
      found.logs.map(({ text }) => text),
      ['it broke'],
    );
    assert.equal(found.requests[0]?.id, 'req-1');
    // The record is told once, and not as an attribute too.
    assert(found.spans.every(({ attributes }) => attributes['islet.record'] === undefined));

    const ask = async (asked: object) =>
      (await findTraces(store, asked, { now: clock.now, slowMs: () => 1_000 })).traces.map(({ trace }) => trace);
    for (const asked of [
      { service: 'catalog' },
      { status: 'error' },
      { route: '/api/orders', minMs: 10, maxMs: 11 },
      { attribute: 'order.id=7' },
      { attribute: 'http.route=/api/orders' },
    ])
      assert.deepEqual(await ask(asked), [RECORD.trace], JSON.stringify(asked));
    assert.deepEqual(await ask({ attribute: 'order.id=8' }), []);
    assert.deepEqual((await ask({})).length, 2);
    const [summary] = (await findTraces(store, { service: 'catalog' }, { now: clock.now, slowMs: () => 1_000 })).traces;
    assert.deepEqual(
      summary && { root: summary.root, services: summary.services, kept: summary.kept, errors: summary.errors },
      {
        root: { service: 'orders', name: 'POST /api/orders', route: '/api/orders' },
        services: ['catalog', 'orders'],
        kept: 'error',
        errors: 1,
      },
    );
  });
}
