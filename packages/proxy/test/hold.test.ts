import assert from 'node:assert/strict';
import { once } from 'node:events';
import { it, type TestContext } from 'node:test';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { endpointAt, httpInstance, send, world } from './world.ts';

const HOLD = { maxMs: 20_000, requests: 2 };
const GET = 'GET /orders/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

async function sleeping(t: TestContext, hold: { maxMs: number; requests: number } = HOLD) {
  const proxy = await world(t, []);
  await proxy.change({ hold });
  const wanted: string[] = [];
  proxy.plane.on('wanted', (service) => wanted.push(service));
  const instance = () => httpInstance(t, (_request, response) => response.end('awake'));
  return { ...proxy, wanted, instance };
}

it('lets the first requests wait for the first instance, and tells that it is wanted once', async (t) => {
  const { plane, gateway, edge, publish, instance, wanted } = await sleeping(t);
  const answers = [send(gateway, GET)];
  await once(plane, 'wanted');
  answers.push(send(edge, 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc'));
  while (plane.readStats().holds[0]?.waiting !== 2) await new Promise((resume) => setImmediate(resume));
  await publish(endpointAt((await instance()).port));
  for (const answer of await Promise.all(answers)) assert.match(answer, /^HTTP\/1\.1 200 [\s\S]*awake/);
  assert.deepEqual(wanted, ['orders']);
  const [hold] = plane.readStats().holds;
  assert.deepEqual([hold?.waiting, hold?.held, hold?.coldStartUs.count], [0, 2, 1]);
});

it('counts a request that waits as in flight, so that whoever looks finds it', async (t) => {
  const { plane, gateway, publish, instance } = await sleeping(t);
  const answer = send(gateway, GET);
  await once(plane, 'wanted');
  const edge = plane.readStats().edges.find(({ service }) => service === 'orders');
  assert.equal(edge?.inFlight, 1);
  await publish(endpointAt((await instance()).port));
  await answer;
});

it('refuses more than may wait', async (t) => {
  const { plane, gateway, publish, instance } = await sleeping(t, { ...HOLD, requests: 1 });
  const first = send(gateway, GET);
  await once(plane, 'wanted');
  const refused = await send(gateway, GET);
  assert.match(refused, /^HTTP\/1\.1 503 /);
  assert.match(refused, /too many requests wait for the first instance already/);
  await publish(endpointAt((await instance()).port));
  assert.match(await first, /^HTTP\/1\.1 200 /);
});

it('refuses what has waited for too long, and says why', async (t) => {
  const { gateway } = await sleeping(t, { ...HOLD, maxMs: 50 });
  const refused = await send(gateway, GET);
  assert.match(refused, /^HTTP\/1\.1 503 /);
  assert.match(refused, /its first instance did not become ready in time/);
});

it('lets the timeout of a request begin when it is let in', async (t) => {
  const { plane, gateway, change, instance } = await sleeping(t);
  const timeout = { ...DEFAULT_TRAFFIC.timeout, requestMs: 300, perTryMs: 300 };
  await change({ hold: HOLD, traffic: { ...DEFAULT_TRAFFIC, timeout } });
  const answer = send(gateway, GET);
  await once(plane, 'wanted');
  await new Promise((resume) => setTimeout(resume, 400));
  await change({ endpoints: [endpointAt((await instance()).port)] });
  assert.match(await answer, /^HTTP\/1\.1 200 /);
});

it('refuses what waits once nothing is held any more', async (t) => {
  const { plane, gateway, change } = await sleeping(t);
  const answer = send(gateway, GET);
  await once(plane, 'wanted');
  await change({ hold: undefined, unavailable: 'it is scaled to none' });
  assert.match(await answer, /^HTTP\/1\.1 503 [\s\S]*it is scaled to none/);
});

it('forgets a client that leaves while it waits', async (t) => {
  const { plane, gateway } = await sleeping(t);
  const { connect } = await import('node:net');
  const socket = connect(gateway, '127.0.0.1');
  socket.write(GET);
  await once(plane, 'wanted');
  socket.resetAndDestroy();
  while (plane.stats.inFlight > 0) await new Promise((resume) => setImmediate(resume));
  assert.equal(plane.readStats().holds[0]?.waiting, 0);
});
