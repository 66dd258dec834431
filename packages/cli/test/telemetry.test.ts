import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ErrorGroup, LogRecord, Span } from '@islet/client';
import { fakeSystem } from './fake-system.ts';
import { islet } from './run.ts';

const system = fakeSystem();
const { answering } = system;

const NONE = { gaps: [], looked: { segments: 0, records: 0, complete: true } };

function record(id: string, text: string, changes: Partial<LogRecord> = {}): LogRecord {
  return { id, at: 1_000, service: 'web', instance: 'web-1.0-0', stream: 'output', text, ...changes };
}

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

function span(id: string, changes: Partial<Span> = {}): Span {
  return {
    trace: TRACE,
    span: id,
    service: 'web',
    name: 'GET',
    kind: 'server',
    source: 'otlp',
    at: 0,
    endAt: 100,
    status: 'unset',
    attributes: {},
    events: [],
    ...changes,
  };
}

const REQUEST = {
  id: 'r',
  trace: TRACE,
  at: 10,
  from: 'edge',
  service: 'orders',
  protocol: 'http/1.1',
  bytesIn: 0,
  bytesOut: 0,
  timings: { queue: 0, connect: 0, total: 40 },
  tries: [],
  kept: 'decision',
  decisions: [{ rule: 'traffic.retry', at: 5, why: 'connection-refused', from: 'services/orders/service.yaml:7' }],
} as const;

describe('trace', () => {
  test('is a waterfall: each span below its caller, with logs, exceptions and decisions in place', async () => {
    const spans = [
      span('a'),
      span('b', { parent: 'a', service: 'orders', source: 'proxy', at: 10, endAt: 60, name: 'POST /orders' }),
      span('c', {
        parent: 'b',
        service: 'orders',
        at: 12,
        endAt: 58,
        status: 'error',
        name: 'POST',
        events: [
          { at: 50, name: 'exception', attributes: { 'exception.type': 'TypeError', 'exception.message': 'no x' } },
        ],
      }),
      span('d', { parent: 'gone', service: 'mail', at: 70, endAt: 80, name: 'send' }),
    ];
    const logs = [
      record('1', 'charging\nmore', { at: 20, span: 'c', level: 'info' }),
      record('2', 'loose', { at: 90, service: 'x' }),
    ];
    await answering({ trace: () => ({ trace: TRACE, spans, logs, requests: [REQUEST] }) });
    const { code, stdout } = await islet(['trace', TRACE], { cwd: system.folder });
    assert.equal(code, 0);
    const lines = stdout.split('\n').map((line) => line.replace(/ {2,}[█ ]*$/, '').trimEnd());
    assert.match(lines[0] ?? '', /100\.0 ms, 4 spans of 3 services/);
    assert.deepEqual(
      lines.slice(2).map((line) => line.replace(/\s{2,}\d+\.\d ms.*$/, '')),
      [
        'web  GET',
        '  proxy → orders  POST /orders',
        '    +15.0 traffic.retry: connection-refused (services/orders/service.yaml:7)',
        '    orders  POST',
        '      +20.0 info: charging',
        '      +50.0 threw TypeError: no x',
        'mail  send',
        '',
        'Logged, and no span says where:',
        '  +90.0 x  log: loose',
        '',
      ],
    );
  });

  test('that is a circle is shown once', async () => {
    const spans = [span('a', { parent: 'b' }), span('b', { parent: 'a' })];
    await answering({ trace: () => ({ trace: TRACE, spans, logs: [], requests: [] }) });
    const { code, stdout } = await islet(['trace', TRACE], { cwd: system.folder });
    assert.equal(code, 0);
    assert.equal(stdout.match(/web {2}GET/g)?.length, 2);
  });

  test('explains what was decided in it, and a request of the same form is still found', async () => {
    const fake = await answering({
      trace: ({ trace }) => ({ trace, spans: [], logs: [], requests: trace === TRACE ? [REQUEST] : [] }),
      explain: () => [{ ...REQUEST, method: 'GET', path: '/by-id' }],
    });
    assert.match((await islet(['explain', TRACE], { cwd: system.folder })).stdout, /traffic\.retry/);
    assert.match((await islet(['explain', 'f'.repeat(32)], { cwd: system.folder })).stdout, /by-id/);
    assert.equal(fake.calls.at(-1)?.name, 'explain');
  });
});

describe('traces', () => {
  const summary = {
    trace: TRACE,
    at: 0,
    totalMs: 12,
    root: { service: 'web', name: 'GET /' },
    services: ['web'],
    spans: 2,
    errors: 1,
    kept: 'error',
  };

  test('are asked for as the options say', async () => {
    const fake = await answering({ traces: () => ({ traces: [summary], ...NONE }) });
    const words = ['traces', 'web', '--status', 'error', '--min', '500ms', '--attribute', 'a=b', '-n', '5'];
    const { code, stdout } = await islet(words, { cwd: system.folder });
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`${TRACE} +12\\.0 +1 +web GET / +2 +error +web`));
    assert.deepEqual(fake.calls.at(-1)?.input, {
      service: 'web',
      status: 'error',
      minMs: 500,
      attribute: 'a=b',
      limit: 5,
    });
  });

  test('say when not all of the time was searched', async () => {
    await answering({ traces: () => ({ traces: [], ...NONE, looked: { segments: 9, records: 9, complete: false } }) });
    const { stdout, stderr } = await islet(['traces'], { cwd: system.folder });
    assert.match(stdout, /No trace is kept/);
    assert.match(stderr, /--since/);
  });
});

const GROUP: ErrorGroup = {
  group: '3f9a2c1d04b7',
  version: 1,
  service: 'web',
  type: 'TypeError',
  message: 'no x',
  culprit: 'f (main.ts:3)',
  state: 'open',
  firstSeen: 0,
  lastSeen: 1_000,
  count: 7,
  firstRevision: 'abcdef012345',
  revisions: ['abcdef012345'],
  instances: ['web-1.0-0'],
  traces: [TRACE],
  spark: [0, 1, 7],
  sample: { stack: 'TypeError: no x\n    at f (main.ts:3)', attributes: {}, logsAround: ['before it'] },
};

describe('errors', () => {
  test('name the revision that brought them, and exit 1 while one is open', async () => {
    await answering({ errorGroups: () => [GROUP, { ...GROUP, state: 'ignored', type: 'Other' }] });
    const { code, stdout } = await islet(['errors', 'web'], { cwd: system.folder });
    assert.equal(code, 1);
    assert.match(stdout, /3f9a2c1d04b7 +web +open +7 +1970-\S+ +abcdef0 .*TypeError: no x/);
    assert.doesNotMatch(stdout, /Other/);
  });

  test('are shown one by one with the stack and what was logged around it', async () => {
    await answering({ errorGroup: () => GROUP });
    const { code, stdout } = await islet(['errors', '3f9a2c1d04b7'], { cwd: system.folder });
    assert.equal(code, 0);
    assert.match(stdout, /with revision abcdef012345[\s\S]*at f \(main\.ts:3\)[\s\S]*before it/);
  });

  test('are resolved, and need the id of a group for it', async () => {
    const fake = await answering({ errorGroup: () => ({ ...GROUP, state: 'resolved' }), markErrorGroup: () => GROUP });
    assert.equal((await islet(['errors', '3f9a2c1d04b7', '--resolve'], { cwd: system.folder })).code, 0);
    assert.deepEqual(fake.calls.find(({ name }) => name === 'markErrorGroup')?.input, {
      group: '3f9a2c1d04b7',
      state: 'resolved',
    });
    assert.equal((await islet(['errors', 'web', '--resolve'], { cwd: system.folder })).code, 2);
    assert.equal((await islet(['errors', '3f9a2c1d04b7', '--resolve', '--ignore'], { cwd: system.folder })).code, 2);
  });
});

test('top shows the busiest first, once where there is no terminal', async () => {
  const idle = { service: 'idle', rate: 0, errorRate: 0, spark: [] };
  await answering({
    overview: () => [
      idle,
      {
        service: 'busy',
        rate: 12.34,
        errorRate: 0.5,
        p95: 9,
        cpu: 0.2,
        memory: 5e6,
        store: { connections: 3, rate: 7.25, size: 8e6 },
        spark: [1, 2],
      },
    ],
  });
  const { code, stdout } = await islet(['top'], { cwd: system.folder });
  assert.equal(code, 0);
  assert.match(
    stdout,
    /busy +12\.3 +50\.0 % +9\.0 +0\.20 +5\.0 MB +7\.3\/s 3 conn 8\.0 MB +▄█\nidle +0\.0 +0\.0 % +- +- +- +-\n$/,
  );
});
