import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { RequestRecord } from '@islet/policy';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { freePort } from '../../../scripts/test/free-port.ts';
import { ExplainTokens } from '../src/record/explain-tokens.ts';
import { httpInstance, rawInstance, send, until, world } from './world.ts';

/** Keeps what would be written. */
function memory() {
  const records: RequestRecord[] = [];
  return { records, sink: { write: (line: string) => void records.push(JSON.parse(line)) } };
}

const get = (path = '/orders/7?card=4242', lines = '') =>
  `GET ${path} HTTP/1.1\r\nHost: h\r\n${lines}Connection: close\r\n\r\n`;

const fieldOf = (response: string, name: string) => new RegExp(`^${name}: (.*)\r$`, 'im').exec(response)?.[1];

test('a request that was sent again says which instances were asked, what came of it, and which rule decided', async (t) => {
  const bad = await httpInstance(t, (_, response) => response.writeHead(503).end());
  const good = await httpInstance(t, (_, response) => response.end('fine'));
  const { records, sink } = memory();
  // The dice choose the first of the two.
  const { gateway } = await world(t, [bad, good], 'http', { sink, dice: () => 0 });
  const response = await send(gateway, get());
  await until(() => records.length > 0);
  const [record] = records;
  assert.ok(record);
  assert.match(response, /^HTTP\/1.1 200/);
  const { id, from, service, route, method, path, status, kept, bytesOut } = record;
  assert.deepEqual(
    { from, service, route, method, path, status, kept, bytesOut },
    {
      from: 'gateway',
      service: 'orders',
      route: '/orders',
      method: 'GET',
      path: '/orders/7',
      status: 200,
      kept: 'decision',
      bytesOut: 4,
    },
  );
  assert.equal(fieldOf(response, 'x-request-id'), id);
  assert.deepEqual(
    record.tries.map(({ outcome }) => outcome),
    [503, 200],
  );
  assert.deepEqual(
    record.decisions.map(({ rule, why }) => [rule, why]),
    [['traffic.retry', 'retry 1 of 1 after unavailable; budget 1 of 10+20% of 1 requests']],
  );
  assert.ok(record.tries.every(({ start, end }) => start <= end && end <= record.timings.total));
});

test('each try says what it came to: whether nobody took the connection, or how else no response came', async (t) => {
  const gone = await httpInstance(t, () => undefined);
  const resets = await rawInstance(t, (socket) => void socket.once('data', () => socket.resetAndDestroy()));
  const good = await httpInstance(t, (_, response) => response.end('fine'));
  gone.kill();
  const { records, sink } = memory();
  const { gateway, plane } = await world(t, [gone, resets, good], 'http', { sink, dice: () => 0 });
  assert.match(await send(gateway, get()), /fine/);
  await until(() => records.length > 0);
  const outcomes = records.flatMap(({ tries }) => tries.map(({ outcome }) => outcome));
  assert.deepEqual(outcomes, ['connection-refused', 'upstream-reset', 200]);
  assert.deepEqual(
    plane.readStats().instances.map(({ errors }) => errors),
    [{ 'no-instance-reachable': 1 }, { 'upstream-reset': 1 }, {}],
  );
});

test('a try that became a tunnel has come to that, and is not said to be abandoned', async (t) => {
  const switched = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: a\r\n\r\n';
  const instance = await rawInstance(t, (socket) => void socket.once('data', () => socket.end(switched)));
  const { records, sink } = memory();
  const { gateway } = await world(t, [instance], 'http', { sink });
  await send(gateway, 'GET /orders HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: a\r\n\r\n');
  await until(() => records.length > 0);
  assert.deepEqual(
    records.flatMap(({ status, tries }) => [status, ...tries.map(({ outcome }) => outcome)]),
    [101, 101],
  );
});

test('a line holds no query and no header', async (t) => {
  const instance = await httpInstance(t, (_, response) => response.end());
  const lines: string[] = [];
  const { gateway } = await world(t, [instance], 'http', { sink: { write: (line) => void lines.push(line) } });
  await send(gateway, get('/orders/7?token=hush', 'Authorization: Bearer hush\r\nCookie: s=hush\r\n'));
  await until(() => lines.length > 0);
  assert.doesNotMatch(lines.join(), /hush/);
});

test('the instance is a child of the try, and the try of the proxy, in the trace of the caller', async (t) => {
  const told: string[] = [];
  const instance = await httpInstance(t, (request, response) => {
    told.push(String(request.headers.traceparent));
    response.end();
  });
  const { records, sink } = memory();
  const { edge } = await world(t, [instance], 'http', { sink });
  const [trace, caller] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];
  await send(edge, get('/', `traceparent: 00-${trace}-${caller}-00\r\n`));
  await until(() => records.length > 0);
  const [record] = records;
  assert.deepEqual([record?.trace, record?.parent, record?.caller], [trace, caller, 'web']);
  assert.deepEqual(told, [`00-${trace}-${record?.span.slice(0, -1)}1-00`]);
});

test('of the public no request id is believed; a service hands on the one that it got', async (t) => {
  const instance = await httpInstance(t, (request, response) => response.end(String(request.headers['x-request-id'])));
  const { gateway, edge } = await world(t, [instance]);
  const asked = get('/orders', 'x-request-id: mine\r\n');
  assert.doesNotMatch(await send(gateway, asked), /mine/);
  assert.equal(fieldOf(await send(edge, asked), 'x-request-id'), 'mine');
});

test('a request id that the instance itself says is left as it is', async (t) => {
  const instance = await httpInstance(t, (_, response) => response.setHeader('X-Request-Id', 'own').end());
  const { edge } = await world(t, [instance]);
  assert.deepEqual((await send(edge, get())).match(/x-request-id: .*/gi), ['X-Request-Id: own']);
});

const key = randomBytes(32);
const tokens = new ExplainTokens(key);
const hour = 3_600_000;
const askers = [
  ['the public, without a token', '1', false],
  ['the public, with a token', tokens.issue({ forMs: hour, wall: Date.now() }), true],
  ['the public, with one that has ended', tokens.issue({ forMs: hour, wall: Date.now() - 2 * hour }), false],
  [
    'the public, with one of another key',
    new ExplainTokens(randomBytes(32)).issue({ forMs: hour, wall: Date.now() }),
    false,
  ],
  [
    'the public, with a longer life than was given',
    tokens.issue({ forMs: hour, wall: Date.now() }).replace(/^./, 'z'),
    false,
  ],
] as const;

for (const [who, field, may] of askers) {
  test(`${who} ${may ? 'sees' : 'does not see'} what was decided`, async (t) => {
    const instance = await httpInstance(t, (_, response) => response.end());
    const { gateway } = await world(t, [instance], 'http', { tokens });
    const response = await send(gateway, get('/orders', `x-islet-explain: ${field}\r\n`));
    assert.match(response, /^HTTP\/1.1 200/);
    if (may)
      assert.match(String(fieldOf(response, 'x-islet-explain')), /^id=[0-9a-f]{16}; tries=orders-a\.0-[0-9]+=200$/);
    else assert.equal(fieldOf(response, 'x-islet-explain'), undefined);
  });
}

test('a service is never shown what was decided, the operator whenever it asks', async (t) => {
  const instance = await httpInstance(t, (_, response) => response.setHeader('x-islet-explain', 'a lie').end());
  const { edge, plane, listeners, change } = await world(t, [instance], 'http', { tokens });
  const asked = get('/', `x-islet-explain: ${tokens.issue({ forMs: hour, wall: Date.now() })}\r\n`);
  assert.equal(fieldOf(await send(edge, asked), 'x-islet-explain'), undefined);
  const path = `/tmp/islet-record-${process.pid}-${await freePort()}.sock`;
  await change({ listeners: [...listeners, { kind: 'operator', path }] });
  assert.deepEqual(plane.problems, []);
  const response = await send(path, get('/', 'x-islet-explain: 1\r\n').replace('Host: h', 'Host: orders'));
  assert.match(String(fieldOf(response, 'x-islet-explain')), /^id=.*=200$/);
});

test('a refusal names the counters that decided, and the public learns only that it was refused', async (t) => {
  const instance = await httpInstance(t, (_, response) => response.writeHead(502).end());
  const { records, sink } = memory();
  const traffic = { ...DEFAULT_TRAFFIC, retry: undefined, outlier: undefined };
  const breaker = { ...DEFAULT_TRAFFIC.breaker, failureRatePercent: 50, minCalls: 2 };
  const policy = {
    ...traffic,
    breaker: { ...breaker, windowMs: 30_000, openMs: 5_000, maxOpenMs: 60_000, halfOpen: 3, slow: undefined },
  };
  const { gateway } = await world(t, [instance], 'http', { sink, traffic: policy, now: () => 1_000 });
  const responses = [await send(gateway, get()), await send(gateway, get()), await send(gateway, get())];
  await until(() => records.length === 3);
  assert.equal(fieldOf(responses[2] ?? '', 'x-islet-error'), 'breaker-open');
  assert.equal(fieldOf(responses[2] ?? '', 'x-islet-explain'), undefined);
  assert.deepEqual(
    records[2]?.decisions.map(({ rule, why }) => [rule, why]),
    [['traffic.breaker', '2 of 2 calls failed in 30 s (50% open it); refused for 5000 ms more']],
  );
  assert.deepEqual([records[2]?.status, records[2]?.error, records[2]?.kept], [503, 'breaker-open', 'error']);
});

test('what was not understood, and what leads nowhere, has a line as well', async (t) => {
  const { records, sink } = memory();
  const { gateway } = await world(t, [], 'http', { sink });
  await send(gateway, 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n');
  await send(gateway, get('/nowhere'));
  assert.deepEqual(
    records.map(({ error, method, path, status, service }) => ({ error, method, path, status, service })),
    [
      { error: 'bad-request', method: undefined, path: undefined, status: 400, service: undefined },
      { error: 'no-route', method: 'GET', path: '/nowhere', status: 404, service: undefined },
    ],
  );
});

test('a connection that is passed through has one line, with its bytes', async (t) => {
  const instance = await rawInstance(t, (socket) => socket.end('hello'));
  const { records, sink } = memory();
  const { edge } = await world(t, [instance], 'tcp', { sink });
  assert.equal(await send(edge, 'ping'), 'hello');
  await until(() => records.length > 0);
  assert.deepEqual(
    records.map(({ protocol, bytesIn, bytesOut, tries }) => [protocol, bytesIn, bytesOut, tries[0]?.outcome]),
    [['tcp', 4, 5, 'connected']],
  );
});

test('without samples, what went well leaves no line', async (t) => {
  const instance = await httpInstance(t, (_, response) => response.end());
  const { records, sink } = memory();
  const traffic = { ...DEFAULT_TRAFFIC, accessLog: { sample: 0, slowMs: 60_000 } };
  const { gateway } = await world(t, [instance], 'http', { sink, traffic });
  await send(gateway, get());
  await send(gateway, get('/nowhere'));
  assert.deepEqual(
    records.map(({ error }) => error),
    ['no-route'],
  );
});
