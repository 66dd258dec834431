import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { endpointAt, httpInstance, rawInstance, send, until, world } from './world.ts';

interface Answer {
  readonly status: number;
  readonly body: string;
}

function call(
  port: number,
  agent: Agent,
  options: { method?: string; body?: string; key?: string } = {},
): Promise<Answer> {
  const { method = 'GET', body = '', key } = options;
  return new Promise((resolve, reject) => {
    const headers = { 'content-length': body.length, ...(key === undefined ? {} : { 'idempotency-key': key }) };
    const outgoing = request({ port, agent, method, headers, path: '/' }, async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      resolve({ status: response.statusCode ?? 0, body: text });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Calls in parallel lanes, so that some are in flight at any time; `onCall` is told how many were begun. */
async function load(count: number, one: () => Promise<Answer>, onCall: (begun: number) => void): Promise<Answer[]> {
  const answers: Answer[] = [];
  let begun = 0;
  const lane = async () => {
    while (begun < count) {
      onCall(++begun);
      answers.push(await one());
    }
  };
  await Promise.all(Array.from({ length: 16 }, lane));
  return answers;
}

test('of two instances one is killed under load, and no idempotent request fails', async (t) => {
  const reply = (name: string) => httpInstance(t, (_, response) => setImmediate(() => response.end(name)));
  const [doomed, other] = [await reply('doomed'), await reply('other')];
  const { edge, plane } = await world(t, [doomed, other]);
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  t.after(() => agent.destroy());
  const answers = await load(
    2_000,
    () => call(edge, agent),
    (begun) => begun === 500 && doomed.kill(),
  );
  assert.deepEqual(
    answers.filter(({ status }) => status !== 200),
    [],
  );
  assert.ok(answers.some(({ body }) => body === 'doomed'));
  assert.deepEqual(plane.readStats().edges[0]?.errors, {});
});

test('an instance that dies with every connection fresh costs no request either', async (t) => {
  const doomed = await httpInstance(t, () => doomed.sockets.size === 32 && doomed.kill());
  const other = await httpInstance(t, (_, response) => response.end('other'));
  const { edge, publish } = await world(t, [doomed]);
  const agent = new Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  const first = Array.from({ length: 31 }, () => call(edge, agent));
  await until(() => doomed.sockets.size === 31);
  await publish(endpointAt(doomed.port), endpointAt(other.port));
  const rest = Array.from({ length: 8 }, () => call(edge, agent));
  doomed.kill();
  const answers = await Promise.all([...first, ...rest]);
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
});

test('a POST that was sent is never sent again', async (t) => {
  let received = 0;
  const break1 = () =>
    rawInstance(t, (socket) => {
      socket.on('data', () => {
        received++;
        socket.resetAndDestroy();
      });
    });
  const { edge } = await world(t, [await break1(), await break1()]);
  const agent = new Agent();
  assert.equal((await call(edge, agent, { method: 'POST', body: 'pay' })).status, 502);
  assert.equal(received, 1);
});

test('a POST with a key is sent again, whole, to the other instance', async (t) => {
  let broken = 0;
  const breaking = await rawInstance(t, (socket) => {
    socket.on('data', () => {
      broken++;
      socket.resetAndDestroy();
    });
  });
  const echo = await httpInstance(t, (incoming, response) => void incoming.pipe(response));
  const { edge, plane } = await world(t, [breaking, echo]);
  const agent = new Agent();
  const body = 'x'.repeat(50_000);
  while (broken === 0) {
    const answer = await call(edge, agent, { method: 'POST', body, key: 'k' });
    assert.equal(answer.body, body);
  }
  assert.equal(plane.readStats().edges[0]?.retries, 1);
});

test('a POST of which nothing was sent goes to the next instance', async (t) => {
  const dead = await httpInstance(t, () => undefined);
  dead.kill();
  const echo = await httpInstance(t, (incoming, response) => void incoming.pipe(response));
  const { edge } = await world(t, [dead, echo]);
  const agent = new Agent();
  for (let count = 0; count < 10; count++) {
    assert.deepEqual(await call(edge, agent, { method: 'POST', body: 'once' }), { status: 200, body: 'once' });
  }
});

test('a body past the limit is streamed, and not sent again', async (t) => {
  let received = 0;
  const breaking = () =>
    rawInstance(t, (socket) => {
      socket.on('data', (bytes) => {
        received += bytes.length;
        if (received > 200_000) socket.resetAndDestroy();
      });
    });
  const { edge } = await world(t, [await breaking(), await breaking()]);
  const answer = await call(edge, new Agent(), { method: 'PUT', body: 'x'.repeat(400_000) }).catch(() => undefined);
  assert.ok(answer === undefined || answer.status === 502);
  assert.ok(received < 400_000);
});

test('retries of an overloaded instance stop when the budget is spent', async (t) => {
  let received = 0;
  const resetting = () =>
    rawInstance(t, (socket) => {
      socket.on('data', () => {
        received++;
        socket.resetAndDestroy();
      });
    });
  const traffic = { ...DEFAULT_TRAFFIC, breaker: undefined };
  const { edge } = await world(t, [await resetting(), await resetting()], 'http', { traffic });
  const agent = new Agent();
  for (let count = 0; count < 100; count++) assert.equal((await call(edge, agent)).status, 502);
  assert.ok(received <= 100 + 10 + 20, `${received} attempts for 100 requests`);
});

test('a kept connection that the instance closed costs nobody a request', async (t) => {
  const instance = await httpInstance(t, (_, response) => response.end('ok'));
  const { edge } = await world(t, [instance]);
  const agent = new Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  for (let count = 0; count < 50; count++) {
    assert.equal((await call(edge, agent)).status, 200);
    for (const socket of instance.sockets) socket.destroy();
  }
});

test('a connection is not used past the word of its instance', async (t) => {
  let connections = 0;
  const instance = await rawInstance(t, (socket) => {
    connections++;
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nKeep-Alive: timeout=0\r\n\r\n'));
    socket.on('end', () => socket.end());
  });
  const { edge } = await world(t, [instance]);
  const post = 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n';
  await send(edge, `${post}\r\n${post}Connection: close\r\n\r\n`);
  assert.equal(connections, 2);
  await until(() => instance.sockets.size === 0);
});

/** Two instances: one says 503 to every request and counts them, the other echoes. */
async function oneUnavailable(t: TestContext, headers: Readonly<Record<string, string>> = {}, body = 'later') {
  let asked = 0;
  const busy = await httpInstance(t, (_, response) => {
    asked++;
    response.writeHead(503, headers).end(body);
  });
  const echo = await httpInstance(t, (incoming, response) => void incoming.pipe(response));
  return { busy, echo, asked: () => asked };
}

test('a 503 of an idempotent request is repeated on another instance, and a POST gets it as it is', async (t) => {
  const { busy, echo, asked } = await oneUnavailable(t);
  const { edge, plane } = await world(t, [busy, echo]);
  const agent = new Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  while (asked() === 0) assert.equal((await call(edge, agent, { method: 'PUT', body: 'x' })).body, 'x');
  assert.deepEqual(plane.readStats().edges[0]?.decisions, { 'traffic.retry': 1 });
  let posted = await call(edge, agent, { method: 'POST', body: 'x' });
  while (posted.status === 200) posted = await call(edge, agent, { method: 'POST', body: 'x' });
  assert.deepEqual(posted, { status: 503, body: 'later' });
});

test('a 503 with a body of many reads is dropped with its connection', async (t) => {
  const { busy, echo, asked } = await oneUnavailable(t, {}, 'x'.repeat(1_000_000));
  const { edge } = await world(t, [busy, echo]);
  const agent = new Agent();
  while (asked() < 3)
    assert.deepEqual(await call(edge, agent, { method: 'PUT', body: 'y' }), { status: 200, body: 'y' });
});

test('the 503 of the only instance is passed on as it is, once', async (t) => {
  const { busy, asked } = await oneUnavailable(t);
  const { edge } = await world(t, [busy]);
  assert.deepEqual(await call(edge, new Agent()), { status: 503, body: 'later' });
  assert.equal(asked(), 1);
});

test('an instance is left alone for as long as its Retry-After asks, while there is another', async (t) => {
  const { busy, echo, asked } = await oneUnavailable(t, { 'retry-after': '5' });
  let now = 0;
  const { edge, publish } = await world(t, [busy, echo], 'http', { now: () => now });
  const agent = new Agent();
  while (asked() === 0) await call(edge, agent);
  for (let count = 0; count < 20; count++) assert.equal((await call(edge, agent)).status, 200);
  assert.equal(asked(), 1);
  now += 5_001;
  while (asked() === 1) await call(edge, agent);
  await publish(endpointAt(busy.port));
  assert.equal((await call(edge, agent)).status, 503);
});

test('with retries off nothing is sent twice, but a dead instance is still passed over', async (t) => {
  const { busy, asked } = await oneUnavailable(t);
  const dead = await httpInstance(t, () => undefined);
  dead.kill();
  const { edge } = await world(t, [dead, busy], 'http', { traffic: { ...DEFAULT_TRAFFIC, retry: undefined } });
  const agent = new Agent();
  for (let count = 1; count <= 10; count++) {
    assert.equal((await call(edge, agent)).status, 503);
    assert.equal(asked(), count);
  }
});

test('a client that leaves while its request waits to be repeated leaves nothing behind', async (t) => {
  const { busy, echo, asked } = await oneUnavailable(t);
  const retry = { ...DEFAULT_TRAFFIC.retry!, backoff: { baseMs: 60_000, maxMs: 60_000 } };
  const traffic = { ...DEFAULT_TRAFFIC, retry };
  const { edge, plane } = await world(t, [busy, echo], 'http', { traffic, dice: () => 0.4 });
  const socket = connect(edge, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  await until(() => asked() === 1 && plane.readStats().edges[0]?.retries === 1);
  socket.resetAndDestroy();
  await until(() => plane.stats.inFlight === 0);
  assert.deepEqual(plane.inFlight, {});
});
