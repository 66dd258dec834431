import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExplainedRequest } from '@islet/client';
import pico from 'picocolors';
import { renderExplanation } from '../src/render/explanation.ts';

const RECORD: ExplainedRequest = {
  id: 'b7',
  trace: '4bf92f3577b34da6a3ce929d0e0e4736',
  at: 1_000,
  from: 'edge',
  caller: 'web',
  service: 'orders',
  protocol: 'http/1.1',
  method: 'GET',
  path: '/7',
  status: 200,
  bytesIn: 0,
  bytesOut: 4,
  kept: 'decision',
  timings: { queue: 0, connect: 0.5, firstByte: 30.2, total: 31 },
  tries: [
    { instance: 'orders-a.0-0', revision: 'a', start: 0.1, end: 2.1, outcome: 503 },
    { instance: 'orders-a.0-1', revision: 'a', start: 12, end: 31, outcome: 200 },
  ],
  decisions: [{ rule: 'traffic.retry', at: 2.1, why: 'retry 1 of 1 after unavailable', from: 'orders/service.yaml:9' }],
};

const render = (records: readonly ExplainedRequest[]) =>
  renderExplanation(records, { columns: undefined, colours: pico.createColors(false) });

test('tells tries and decisions in the order in which they happened, each rule with its line', () => {
  assert.deepEqual(render([RECORD]), [
    'GET /7  web → orders  200',
    '  1970-01-01T00:00:01.000Z, 31.0 ms in all, 0.5 ms to connect, first byte after 30.2 ms; trace 4bf92f3577b34da6a3ce929d0e0e4736; kept as decision',
    'MS    WHAT           INSTANCE      CAME TO                         FROM',
    '0.1   try 1          orders-a.0-0  503 after 2.0 ms                revision a',
    '2.1   traffic.retry                retry 1 of 1 after unavailable  orders/service.yaml:9',
    '12.0  try 2          orders-a.0-1  200 after 19.0 ms               revision a',
  ]);
});

test('in a narrow terminal no counter and no line of a file is cut off', () => {
  const [, , ...lines] = renderExplanation([RECORD], { columns: 40, colours: pico.createColors(false) });
  assert.deepEqual(lines, [
    ' 0.1  try 1  orders-a.0-0',
    '      503 after 2.0 ms',
    '      revision a',
    ' 2.1  traffic.retry',
    '      retry 1 of 1 after unavailable',
    '      orders/service.yaml:9',
    '12.0  try 2  orders-a.0-1',
    '      200 after 19.0 ms',
    '      revision a',
  ]);
  const { decisions, ...rest } = RECORD;
  const wordy = decisions.map((one) => ({ ...one, why: 'none left of 1 at once and 1 a second' }));
  const text = renderExplanation([{ ...rest, decisions: wordy }], { columns: 40, colours: pico.createColors(false) });
  assert.ok(text.includes('      none left of 1 at once and 1 a') && text.includes('      second'), text.join('\n'));
});

test('a wait that would be shown as none is not shown', () => {
  const [, line = ''] = render([{ ...RECORD, timings: { ...RECORD.timings, queue: 0.04, connect: 0.05 } }]);
  assert.match(line, /31\.0 ms in all, 0\.1 ms to connect, first byte/);
});

test('a request that came to nothing says so', () => {
  const { method: _method, path: _path, status: _status, service: _service, ...rest } = RECORD;
  const [line] = render([{ ...rest, from: 'gateway', error: 'client-gone', tries: [], decisions: [] }]);
  assert.equal(line, 'http/1.1  gateway → no service  no answer client-gone');
});

test('what the outside has written can neither colour nor move the cursor', () => {
  const [line = ''] = render([{ ...RECORD, path: '/\u001b[31m\nred' }]);
  assert.doesNotMatch(line, /[\u001b\n]/);
});
