import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { LimitsSpec } from '@islet/spec';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { httpInstance, rawInstance, send, until, world } from './world.ts';

const GET = 'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n';

/** One instance that answers when a test says so, behind a proxy with these limits. */
async function limited(t: TestContext, limits: Partial<LimitsSpec>) {
  const held: (() => void)[] = [];
  const instance = await httpInstance(t, (_, response) => void held.push(() => response.end('done')));
  let now = 1_000_000;
  const traffic = { ...DEFAULT_TRAFFIC, limits: { ...DEFAULT_TRAFFIC.limits, ...limits } };
  const made = await world(t, [instance], 'http', { now: () => now, traffic });
  const pass = (ms: number) => {
    now += ms;
  };
  const waiting = () => made.plane.readStats().edges.find(({ from }) => from.kind === 'edge')?.waiting;
  return { ...made, held, pass, waiting };
}

test('a request beyond the limit waits for its turn, and goes when the one before it ends', async (t) => {
  const { edge, held, waiting } = await limited(t, { requests: 1 });
  const first = send(edge, GET);
  await until(() => held.length === 1);
  const second = send(edge, GET);
  await until(() => waiting() === 1);
  assert.equal(held.length, 1);
  held[0]?.();
  assert.match(await first, /done$/);
  await until(() => held.length === 2);
  held[1]?.();
  assert.match(await second, /done$/);
});

test('how much may be in flight follows from how long answers take, unless it is declared', async (t) => {
  for (const requests of ['auto', 1000] as const) {
    const { edge, held, pass, plane } = await limited(t, { requests });
    const limitNow = () => plane.readStats().edges.find(({ from }) => from.kind === 'edge')?.limit ?? 0;
    const round = async (count: number, ms: number) => {
      const answers = Array.from({ length: count }, () => send(edge, GET));
      await until(() => held.length === count);
      pass(ms);
      for (const answer of held.splice(0)) answer();
      await Promise.all(answers);
    };
    for (let quiet = 0; quiet < 8; quiet++) await round(15, 100);
    for (let busy = 0; busy < 8 && limitNow() === 1000; busy++) await round(110, 900);
    assert.equal(limitNow() < 1000, requests === 'auto');
  }
});

test('whoever waits for too long is refused, and named the rule', async (t) => {
  const { edge, held, pass, waiting } = await limited(t, { requests: 1 });
  const first = send(edge, GET);
  await until(() => held.length === 1);
  const second = send(edge, GET);
  await until(() => waiting() === 1);
  pass(500);
  const third = send(edge, GET);
  await until(() => waiting() === 2);
  pass(500);
  const refused = await second;
  assert.equal(waiting(), 1, 'who came later waits on');
  assert.match(
    refused,
    /^HTTP\/1\.1 503 [\s\S]*x-islet-error: overloaded\r\nx-islet-explain: traffic\.limits\.queue\r\n/,
  );
  assert.match(refused, /\r\nRetry-After: 1\r\n/);
  held[0]?.();
  assert.match(await first, /done$/);
  await until(() => held.length === 2);
  held[1]?.();
  assert.match(await third, /done$/);
});

test('a tunnel that has ended leaves as many places as there were', async (t) => {
  const asked: Socket[] = [];
  const instance = await rawInstance(t, (socket) => {
    socket.on('data', (bytes) => {
      if (!bytes.includes('Upgrade')) asked.push(socket);
      else socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: a\r\n\r\n');
    });
  });
  const limits = { ...DEFAULT_TRAFFIC.limits, requests: 1 };
  const { edge, plane } = await world(t, [instance], 'http', { traffic: { ...DEFAULT_TRAFFIC, limits } });
  const stats = () => plane.readStats().edges.find(({ from }) => from.kind === 'edge');
  await send(edge, 'GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: a\r\n\r\n');
  await until(() => stats()?.inFlight === 0);
  const answers = [send(edge, GET), send(edge, GET)];
  await until(() => stats()?.inFlight === 2 && asked.length > 0);
  assert.equal(stats()?.waiting, 1);
  for (let count = 1; count <= 2; count++) {
    await until(() => asked.length === count);
    asked[count - 1]?.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\ndone');
  }
  for (const answer of answers) assert.match(await answer, /done$/);
});

test('where enough wait already, one more is refused at once', async (t) => {
  const { edge, held } = await limited(t, { requests: 1, pending: 0 });
  const first = send(edge, GET);
  await until(() => held.length === 1);
  assert.match(await send(edge, GET), /x-islet-explain: traffic\.limits\.pending/);
  held[0]?.();
  assert.match(await first, /done$/);
});

test('one caller that has used up its places leaves those of another alone', async (t) => {
  const { edge, gateway, held } = await limited(t, { requests: 1 });
  const first = send(edge, GET);
  await until(() => held.length === 1);
  const other = send(gateway, 'GET /orders HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
  await until(() => held.length === 2);
  for (const end of held) end();
  await Promise.all([first, other]);
});

test('a client that leaves gives up its turn, or its place', async (t) => {
  const { edge, held, waiting, plane } = await limited(t, { requests: 1 });
  const open = () => {
    const socket = connect(edge, '127.0.0.1');
    socket.write(GET);
    t.after(() => socket.destroy());
    return socket;
  };
  const first = open();
  await until(() => held.length === 1);
  const second = open();
  await until(() => waiting() === 1);
  second.resetAndDestroy();
  await until(() => waiting() === 0);
  first.resetAndDestroy();
  await until(() => plane.stats.inFlight === 0);
  const third = send(edge, GET);
  await until(() => held.length === 2);
  held[1]?.();
  assert.match(await third, /done$/);
});

test('many that wait are served one after the other', async (t) => {
  const { edge, held } = await limited(t, { requests: 2, pending: 100 });
  const answers = Promise.all(Array.from({ length: 40 }, () => send(edge, GET)));
  let served = 0;
  const serving = setInterval(() => {
    assert.ok(held.length - served <= 2);
    for (; served < held.length; served++) held[served]?.();
  }, 1);
  t.after(() => clearInterval(serving));
  assert.ok((await answers).every((answer) => answer.endsWith('done')));
});

test('a plain connection beyond the limit is refused, and one that ends makes room', async (t) => {
  const echo = await rawInstance(t, (socket) => void socket.pipe(socket));
  const traffic = { ...DEFAULT_TRAFFIC, limits: { ...DEFAULT_TRAFFIC.limits, connections: 1 } };
  const { edge, plane } = await world(t, [echo], 'tcp', { traffic });
  const first = connect(edge, '127.0.0.1');
  first.write('one');
  await until(() => plane.stats.inFlight === 1);
  const refused = connect(edge, '127.0.0.1');
  let isClosed = false;
  refused
    .on('error', () => undefined)
    .on('close', () => {
      isClosed = true;
    });
  await until(() => isClosed);
  assert.equal(plane.readStats().edges[0]?.decisions['traffic.limits.connections'], 1);
  first.destroy();
  await until(() => plane.stats.inFlight === 0);
  assert.equal(await send(edge, 'three', { half: true }), 'three');
});

test('a connection that was upgraded keeps its place among the connections, and none among the requests', async (t) => {
  const instance = await rawInstance(t, (socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
      socket.pipe(socket);
    });
  });
  const limits = { ...DEFAULT_TRAFFIC.limits, connections: 2, requests: 1, pending: 0 };
  const { edge } = await world(t, [instance], 'http', { traffic: { ...DEFAULT_TRAFFIC, limits } });
  const upgrade = async () => {
    const socket = connect(edge, '127.0.0.1').setEncoding('latin1');
    t.after(() => socket.destroy());
    let seen = '';
    socket.on('data', (text: string) => {
      seen += text;
    });
    socket.write('GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    await until(() => seen.includes('\r\n\r\n'));
    return seen.slice(9, 12);
  };
  assert.deepEqual([await upgrade(), await upgrade(), await upgrade()], ['101', '101', '503']);
});
