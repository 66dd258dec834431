import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ExplainedRequest, LogRecord, Span } from '@islet/client/browser';
import { withRecords } from '../app/model/log-lines.ts';
import { compareTraces, waterfallOf } from '../app/model/waterfall.ts';

const span = (id: string, parent: string | undefined, service: string, at: number, endAt: number): Span => ({
  trace: 't',
  span: id,
  service,
  name: `in ${service}`,
  kind: 'server',
  source: 'proxy',
  at,
  endAt,
  status: 'ok',
  attributes: {},
  events: [],
  ...(parent === undefined ? {} : { parent }),
});
const log = (id: string, service: string, at: number, span?: string): LogRecord => ({
  id,
  at,
  service,
  instance: `${service}-1`,
  stream: 'output',
  text: id,
  ...(span === undefined ? {} : { span }),
});
const shape = (parts: Partial<Parameters<typeof waterfallOf>[0]>) =>
  waterfallOf({ spans: [], logs: [], requests: [], ...parts }).lines.map(
    ({ depth, key }) => `${'-'.repeat(depth)}${key}`,
  );

it('is a tree in the order of time, from the first instant on', () => {
  const spans = [span('c', 'a', 'z', 130, 150), span('a', undefined, 'x', 100, 200), span('b', 'a', 'y', 110, 120)];
  assert.deepEqual(shape({ spans }), ['a', '-b', '-c']);
  const { at, totalMs, lines } = waterfallOf({ spans, logs: [], requests: [] });
  assert.deepEqual([at, totalMs, lines[1]?.from], [100, 100, 10]);
});

it('shows what has lost its parent, or is its own, and each span once', () => {
  assert.deepEqual(shape({ spans: [span('b', 'gone', 'y', 2, 3), span('a', 'a', 'x', 1, 5)] }), ['a', 'b']);
  assert.deepEqual(waterfallOf({ spans: [], logs: [], requests: [] }), { at: 0, totalMs: 0, lines: [] });
});

it('puts logs into their span, else into the innermost of their service, else at the end', () => {
  const spans = [span('a', undefined, 'x', 0, 100), span('b', 'a', 'x', 10, 50)];
  const logs = [log('named', 'y', 5, 'a'), log('inner', 'x', 20), log('outer', 'x', 80), log('strange', 'q', 20)];
  assert.deepEqual(shape({ spans, logs }), ['a', '-log named', '-log outer', '-b', '--log inner', 'log strange']);
});

it('puts tries and decisions of the proxy where they were made', () => {
  const request = {
    id: 'r',
    at: 10.4,
    service: 'y',
    tries: [
      { instance: 'y-1', revision: 'r', start: 0, end: 5, outcome: 'timeout' },
      { instance: 'y-2', revision: 'r', start: 6, end: 9, outcome: 200 },
    ],
    decisions: [{ rule: 'traffic.retry', at: 5.5, why: 'one of one', from: 'default' }],
  } as unknown as ExplainedRequest;
  const spans = [span('a', undefined, 'x', 0, 100), span('b', 'a', 'y', 10, 20)];
  assert.deepEqual(shape({ spans, requests: [request] }), ['a', '-b', '--b try 0', '--b r 0', '--b try 1']);
  const own = [...spans, { ...span('c', 'b', 'y', 10, 15), name: 'try 1' }];
  assert.deepEqual(
    shape({ spans: own, requests: [request] }),
    ['a', '-b', '--b r 0', '--c'],
    'tries that are spans are not told twice',
  );
  const single = { ...request, tries: request.tries.slice(0, 1) };
  assert.deepEqual(shape({ spans, requests: [single] }), ['a', '-b', '--b r 0'], 'one try is the request itself');
});

it('compares by service and name, and begins with what differs most', () => {
  const mine = [span('a', undefined, 'x', 0, 10), span('b', 'a', 'y', 0, 5), span('c', 'a', 'y', 5, 10)];
  const other = [span('d', undefined, 'x', 0, 12), span('e', 'd', 'z', 0, 90)];
  assert.deepEqual(
    compareTraces(mine, other).map(({ service, byMs, mine: left, other: right }) => [
      service,
      byMs,
      left?.count,
      right?.count,
    ]),
    [
      ['z', 90, undefined, 1],
      ['y', -10, 2, undefined],
      ['x', 2, 1, 1],
    ],
  );
});

it('holds log records once, the newest first, and not without end', () => {
  const [a, b, c] = [log('a', 'x', 1), log('b', 'x', 2), log('c', 'x', 2)];
  const held = withRecords([b!, a!], [c!, b!]);
  assert.deepEqual(
    held.map(({ id }) => id),
    ['c', 'b', 'a'],
  );
  assert.equal(withRecords(held, [b!]), held, 'nothing new is the same list');
  const many = Array.from({ length: 1_500 }, (_, index) => log(String(index), 'x', index));
  const kept = withRecords([], many);
  assert.deepEqual([kept.length, kept[0]?.at], [1_000, 1_499]);
});
