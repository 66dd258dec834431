import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { ServiceTraffic } from '@islet/spec';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { LIMITS } from '../src/limits.ts';
import { type FrameInstanceOptions, frameInstance, goaway, head, settings } from './frame-instance.ts';
import { codeOf, frameWorld, ONCE, SETTING } from './frame-world.ts';
import { FRAME, frame } from './frames.ts';
import { ask, GRPC, http2Client } from './http2-world.ts';
import { endpointAt, until, world } from './world.ts';

/* Instances of HTTP/2 that take few requests at once, or say that they are asked for too much. */

const CALM = Buffer.from([0, 0, 0, 11]);
const IN_TURN: ServiceTraffic = {
  ...DEFAULT_TRAFFIC,
  balance: { ...DEFAULT_TRAFFIC.balance, algorithm: { kind: 'round-robin' } },
};

/** One instance as a test says, and one that answers all. */
async function pair(t: TestContext, options: FrameInstanceOptions, { protocol = 'http' as 'http' | 'grpc' } = {}) {
  const bad = await frameInstance(t, options);
  const good = await frameInstance(t, { onWhole: (stream, to) => to.send(head(stream)) });
  const { edge, publish, plane } = await world(t, [], protocol, { traffic: IN_TURN, now: () => 1_000_000 });
  await publish(...[bad, good].map(({ port }) => ({ ...endpointAt(port), http2: true })));
  return { bad, good, client: await http2Client(t, edge), plane };
}

const calm: FrameInstanceOptions = { onRequest: (stream, to) => to.send(frame(FRAME.reset, 0, stream, CALM)) };

test('what an instance resets for being asked too much is asked elsewhere, and the instance is left alone for a while', async (t) => {
  const { bad, client, plane } = await pair(t, calm);
  while (bad.seen(FRAME.headers).length === 0) assert.equal((await ask(client, '/')).status, 200);
  for (let nth = 0; nth < 20; nth++) assert.equal((await ask(client, '/', { body: 'x' })).status, 200);
  assert.equal(bad.seen(FRAME.headers).length, 1);
  assert.equal(plane.readStats().edges[0]?.decisions['traffic.retry'], 1);
});

test('what can’t be repeated is told that the instance is overloaded, in words of its own', async (t) => {
  const { client } = await frameWorld(t, calm, DEFAULT_TRAFFIC);
  const answer = await ask(client, '/', { body: 'x' });
  assert.deepEqual([answer.status, codeOf(answer)], [503, 'instance-overloaded']);
  const call = await ask(client, '/s/m', { body: 'x', headers: GRPC });
  assert.deepEqual([call.status, call.headers['grpc-status']], [200, '8']);
});

test('an instance that ends a connection for being asked too much is left alone for a while, and loses no request', async (t) => {
  const { bad, client } = await pair(t, { onWhole: (_, to) => to.send(goaway(0, 11)) });
  for (let nth = 0; nth < 20; nth++) assert.equal((await ask(client, '/', { body: 'x' })).status, 200);
  assert.equal(bad.seen(FRAME.headers).length, 1);
});

test('who waits for a connection that is full goes over whichever has room first, another that is opened for it among them', async (t) => {
  const { instance, client } = await frameWorld(t, { greeting: settings([SETTING.streams, 1]) });
  const answers = Array.from({ length: LIMITS.http2SessionsPerEndpoint + 1 }, () => ask(client, '/'));
  const heads = () => instance.seen(FRAME.headers).length;
  await until(() => heads() === LIMITS.http2SessionsPerEndpoint);
  const last = instance.connections.at(-1)!;
  last.send(head(1));
  await until(() => last.seen.filter(({ type }) => type === FRAME.headers).length === 2);
  last.send(head(3));
  for (const { send } of instance.connections.slice(0, -1)) send(head(1));
  for (const answer of answers) assert.equal((await answer).status, 200);
  assert.equal(instance.connections.length, LIMITS.http2SessionsPerEndpoint);
});

test('a limit that is lowered while requests wait holds from then on, and those that wait go over other connections', async (t) => {
  const { instance, client } = await frameWorld(t, { greeting: settings([SETTING.streams, 2]) }, ONCE);
  const first = [ask(client, '/'), ask(client, '/')];
  await until(() => instance.seen(FRAME.headers).length === 2);
  const [full] = instance.connections;
  full?.send(settings([SETTING.streams, 1]));
  await until(() => full?.seen.filter(({ type, flags }) => type === FRAME.settings && flags === 1).length === 2);
  const more = [ask(client, '/'), ask(client, '/')];
  await until(() => instance.seen(FRAME.headers).length === 4);
  assert.equal(instance.connections.length, 2);
  full?.send(head(1));
  const third = [ask(client, '/'), ask(client, '/')];
  await until(() => instance.seen(FRAME.headers).length === 6);
  assert.equal(full?.seen.filter(({ type }) => type === FRAME.headers).length, 2, 'one is still under way');
  full?.send(head(3));
  for (const { send } of instance.connections.slice(1)) send(head(1), head(3));
  for (const answer of [...first, ...more, ...third]) assert.equal((await answer).status, 200);
});

test('who was to wait for one connection goes over another that has got room meanwhile', async (t) => {
  const { instance, client } = await frameWorld(t, {
    greeting: settings([SETTING.streams, 1]),
    greets: (nth) => nth === 0,
  });
  const first = ask(client, '/');
  await until(() => instance.seen(FRAME.headers).length === 1);
  const more = [ask(client, '/'), ask(client, '/')];
  await until(() => instance.connections.length === 2);
  const [open, late] = instance.connections;
  open?.send(head(1));
  assert.equal((await first).status, 200);
  late?.send(settings([SETTING.streams, 1]));
  await until(() => instance.seen(FRAME.headers).length === 3);
  open?.send(head(3));
  late?.send(head(1));
  for (const answer of more) assert.equal((await answer).status, 200);
});

test('nobody waits for an instance that is full while another has room', async (t) => {
  const full = { greeting: settings([SETTING.streams, 1]) };
  const bad = [await frameInstance(t, full), await frameInstance(t, full)];
  const good = await frameInstance(t, { onWhole: (stream, to) => to.send(head(stream)) });
  const { edge, publish } = await world(t, [], 'http', { traffic: IN_TURN, now: () => 1_000_000 });
  await publish(...[...bad, good].map(({ port }) => ({ ...endpointAt(port), http2: true })));
  const client = await http2Client(t, edge);
  const waiting: ReturnType<typeof ask>[] = [];
  const heads = () => bad.reduce((sum, { seen }) => sum + seen(FRAME.headers).length, 0);
  while (heads() < 2 * LIMITS.http2SessionsPerEndpoint) {
    const before = heads();
    const one = ask(client, '/');
    waiting.push(one);
    await Promise.race([one, until(() => heads() > before)]);
  }
  for (let nth = 0; nth < 20; nth++) assert.equal((await ask(client, '/')).status, 200);
  for (const { connections } of bad) for (const { send } of connections) send(head(1));
  for (const answer of waiting) assert.equal((await answer).status, 200);
});
