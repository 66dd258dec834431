import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { LIMITS } from '../src/limits.ts';
import { type FrameInstanceOptions, frameInstance, goaway, head } from './frame-instance.ts';
import { codeOf, frameWorld, isRead, silence } from './frame-world.ts';
import { FLAG, FRAME, frame } from './frames.ts';
import { ask, http2Client } from './http2-world.ts';
import { endpointAt, until, world } from './world.ts';

/* Connections of HTTP/2 that lead nowhere, or not for now: nothing comes over them, not even the answer to a PING. */

const ACK = frame(FRAME.ping, FLAG.ack, 0, Buffer.alloc(8));
const deaf: FrameInstanceOptions = { answersPings: () => false };

test('where a connection leads nowhere, the requests that follow go over another, and those that it has end when it is dead', async (t) => {
  const { instance, client, pass } = await frameWorld(t, {
    ...deaf,
    onWhole: (stream, to) => to !== instance.connections[0] && to.send(head(stream)),
  });
  const lost = [ask(client, '/'), ask(client, '/', { body: 'x' })];
  await until(() => instance.seen(FRAME.headers).length === 2);
  await isRead(instance);
  await silence({ instance, pass });
  pass(LIMITS.http2SilentMs);
  await until(() => instance.connections[1]?.seen.some(({ flags }) => flags === FLAG.ack) === true);
  for (let nth = 0; nth < 20; nth++) assert.equal((await ask(client, '/', { body: 'y' })).status, 200);
  assert.equal(instance.connections.length, 2);
  pass(LIMITS.http2PingTimeoutMs - LIMITS.http2SilentMs);
  for (const answer of lost) assert.equal(codeOf(await answer), 'upstream-reset');
  await until(() => instance.sockets.size === 1);
});

test('an instance that is silent because it is busy loses no request, also where a second connection does not open', async (t) => {
  const { instance, client, pass } = await frameWorld(t, { ...deaf, greets: (nth) => nth === 0 });
  const first = ask(client, '/', { body: 'x' });
  await until(() => instance.seen(FRAME.headers).length === 1);
  await isRead(instance);
  await silence({ instance, pass });
  pass(LIMITS.http2SilentMs);
  await until(() => instance.connections.length === 2);
  const second = ask(client, '/', { body: 'y' });
  await until(() => instance.seen(FRAME.headers).length === 2);
  pass(LIMITS.http2PingTimeoutMs - LIMITS.http2SilentMs - 1);
  instance.connections[0]?.send(ACK, head(1), head(3));
  assert.deepEqual([(await first).status, (await second).status], [200, 200]);
});

/** Two instances, of which one falls silent. Nobody is ejected, and nothing held against anybody by what a request takes. */
async function pair(t: TestContext, options: FrameInstanceOptions) {
  let now = 1_000_000;
  const bad = await frameInstance(t, options);
  const good = await frameInstance(t, { onWhole: (stream, to) => to.send(head(stream)) });
  const traffic = { ...DEFAULT_TRAFFIC, outlier: undefined };
  const { edge, publish, plane } = await world(t, [], 'http', { traffic, now: () => now });
  await publish(...[bad, good].map(({ port }) => ({ ...endpointAt(port), http2: true })));
  const client = await http2Client(t, edge);
  const pass = (ms: number) => {
    now += ms;
  };
  return { bad, good, client, pass, plane };
}

test('a request is asked again elsewhere when its connection falls silent, and the next ones go elsewhere until it is heard', async (t) => {
  let isSilent = true;
  const { bad, client, pass, plane } = await pair(t, {
    ...deaf,
    greets: (nth) => nth === 0,
    onWhole: (stream, to) => !isSilent && to.send(head(stream)),
  });
  const asked = () => bad.seen(FRAME.headers).length;
  const waiting: ReturnType<typeof ask>[] = [];
  while (asked() === 0) {
    const one = ask(client, '/');
    waiting.push(one);
    await Promise.race([one, until(() => asked() > 0)]);
  }
  await isRead(bad);
  await silence({ instance: bad, pass });
  pass(LIMITS.http2SilentMs);
  for (const one of waiting) assert.equal((await one).status, 200);
  assert.equal(plane.readStats().edges[0]?.decisions['traffic.outlier.stall'], 1);
  const before = asked();
  for (let nth = 0; nth < 30; nth++) assert.equal((await ask(client, '/', { body: 'x' })).status, 200);
  assert.equal(asked(), before);
  isSilent = false;
  bad.connections[0]?.send(ACK);
  while (asked() === before) assert.equal((await ask(client, '/', { body: 'x' })).status, 200);
});

test('an instance that says it is asked for too much is sent no more PINGs', async (t) => {
  const { instance, client, pass } = await frameWorld(t, {
    onWhole: (_, to, nth) => nth === 0 && to.send(goaway(0, 11)),
  });
  void ask(client, '/', { body: 'x' });
  await until(() => instance.seen(FRAME.headers).length === 2);
  const impatient = ask(client, '/', { headers: { 'x-islet-deadline-ms': String(LIMITS.http2PingAfterMs) } });
  await until(() => instance.seen(FRAME.headers).length === 3);
  pass(LIMITS.http2PingAfterMs);
  assert.equal(codeOf(await impatient), 'deadline-exceeded');
  // What is due at the same time leaves with it.
  await until(() => instance.seen(FRAME.reset).length > 0);
  assert.equal(instance.seen(FRAME.ping).length, 0);
});
