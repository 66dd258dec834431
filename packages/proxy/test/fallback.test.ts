import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { FallbackSpec, FallbackTarget, ServiceTraffic } from '@islet/spec';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { freePort } from '../../../scripts/test/free-port.ts';
import { DataPlane } from '../src/plane.ts';
import { endpointAt, httpInstance, type Instance, send, until, world } from './world.ts';

const EMPTY_LIST: FallbackTarget = {
  kind: 'respond',
  status: 200,
  type: 'application/json',
  body: '[]',
  file: undefined,
};
const failing: RequestListener = (_, response) => response.writeHead(500).end('broken');

async function withFallback(t: TestContext, fallback: Partial<FallbackSpec>, instances: readonly Instance[] = []) {
  const traffic = { ...DEFAULT_TRAFFIC, fallback: { unanswered: true, statuses: [], to: EMPTY_LIST, ...fallback } };
  const made = await world(t, instances, 'http', { traffic });
  const ask = (method = 'GET', fields = '', body = '') =>
    send(made.edge, `${method} /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n${fields}\r\n${body}`);
  const edge = () => made.plane.readStats().edges.find(({ from }) => from.kind === 'edge');
  return { ...made, ask, edge };
}

test('where the proxy would answer with 5xx, the declared answer goes out, marked and counted', async (t) => {
  const { ask, edge, plane } = await withFallback(t, {});
  const answer = await ask();
  assert.match(answer, /^HTTP\/1\.1 200 OK\r\nContent-Type: application\/json\r\n/);
  assert.match(answer, /\r\nCache-Control: no-store\r\nx-islet-fallback: respond\r\n/);
  assert.match(answer, /\r\nx-islet-error: no-ready-instance\r\n[\s\S]*Content-Length: 2\r\n[\s\S]*\r\n\r\n\[\]$/);
  assert.deepEqual([edge()?.decisions['traffic.fallback'], edge()?.errors['no-ready-instance']], [1, 1]);
  assert.equal(plane.stats.inFlight, 0);
});

test('what the service answers goes out as it is, unless its status is declared', async (t) => {
  const instance = await httpInstance(t, failing);
  const { ask, edge } = await withFallback(t, {}, [instance]);
  assert.match(await ask(), /^HTTP\/1\.1 500 [\s\S]*broken/);
  const declared = await withFallback(t, { statuses: [500] }, [instance]);
  const answer = await declared.ask();
  assert.match(answer, /^HTTP\/1\.1 200 OK\r\n[\s\S]*\[\]$/);
  assert.doesNotMatch(answer, /broken|x-islet-error/);
  assert.deepEqual([edge()?.statuses['5xx'], declared.edge()?.statuses['5xx']], [1, 1]);
});

test('with unanswered left out, only the statuses count', async (t) => {
  const { ask } = await withFallback(t, { unanswered: false, statuses: [500] });
  assert.match(await ask(), /^HTTP\/1\.1 503 /);
});

test('an answer to HEAD has no body, and a 204 has none at all', async (t) => {
  const { ask, change } = await withFallback(t, {});
  const head = await ask('HEAD');
  assert.match(head, /\r\nContent-Length: 2\r\n[\s\S]*\r\n\r\n$/);
  const to = { ...EMPTY_LIST, status: 204 } as const;
  await change({ traffic: { ...DEFAULT_TRAFFIC, fallback: { unanswered: true, statuses: [], to } } });
  assert.match(await ask(), /^HTTP\/1\.1 204 No Content\r\n(?:(?!Content-Length)[\s\S])*\r\n\r\n$/);
});

test('a caller whose calls the breaker refuses gets it too', async (t) => {
  const instance = await httpInstance(t, (_, response) => response.writeHead(503).end());
  const { ask } = await withFallback(t, {}, [instance]);
  for (let call = 0; call < 25; call++) await ask();
  assert.match(await ask(), /^HTTP\/1\.1 200 OK\r\n[\s\S]*x-islet-error: breaker-open\r\n/);
});

test('a refusal that is the client’s doing stays one', async (t) => {
  const instance = await httpInstance(t, (_, response) => response.end('ok'));
  const { ask, change } = await withFallback(t, {}, [instance]);
  const rateLimit = [{ rps: 1, burst: 1, by: { kind: 'client' } }] as const;
  const fallback = { unanswered: true, statuses: [], to: EMPTY_LIST };
  await change({ traffic: { ...DEFAULT_TRAFFIC, rateLimit, fallback } });
  await ask();
  assert.match(await ask(), /^HTTP\/1\.1 429 /);
});

test('the connection is kept after it, and the next request answered', async (t) => {
  const traffic = { ...DEFAULT_TRAFFIC, fallback: { unanswered: true, statuses: [], to: EMPTY_LIST } };
  const { edge } = await world(t, [], 'http', { traffic });
  const one = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';
  const last = 'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n';
  const answers = await send(edge, one + one + last);
  assert.equal(answers.match(/HTTP\/1\.1 200 OK/g)?.length, 3, answers);
});

/** `orders`, for which `archive` stands in, and an edge from `web` to it. */
async function standIn(
  t: TestContext,
  { orders, archive, circle = false }: { orders: readonly Instance[]; archive: readonly Instance[]; circle?: boolean },
) {
  const plane = new DataPlane();
  t.after(() => plane.close({ byMs: 0 }));
  const edge = await freePort();
  const fallback: FallbackSpec = { unanswered: true, statuses: [500], to: { kind: 'service', service: 'archive' } };
  const back: FallbackSpec = { ...fallback, to: { kind: 'service', service: 'orders' } };
  const routed = (traffic: ServiceTraffic, instances: readonly Instance[]) => ({
    ...({
      protocol: 'http',
      traffic,
      unavailable: undefined,
      hold: undefined,
      fault: undefined,
      split: undefined,
    } as const),
    endpoints: instances.map(({ port }) => endpointAt(port)),
  });
  await plane.apply({
    version: 1,
    routes: 'r',
    listeners: [{ kind: 'edge', caller: 'web', service: 'orders', host: '127.0.0.1', port: edge }],
    services: {
      orders: routed({ ...DEFAULT_TRAFFIC, fallback }, orders),
      archive: routed(circle ? { ...DEFAULT_TRAFFIC, fallback: back } : DEFAULT_TRAFFIC, archive),
    },
  });
  const ask = (method = 'GET', fields = '', body = '') =>
    send(edge, `${method} /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n${fields}\r\n${body}`);
  const edges = () =>
    new Map(
      plane.readStats().edges.map((it) => [`${it.from.kind === 'edge' ? it.from.caller : ''} ${it.service}`, it]),
    );
  return { plane, ask, edges };
}

test('another service stands in, asked in the name of the one it stands in for', async (t) => {
  const seen: (string | undefined)[] = [];
  const archive = await httpInstance(t, (request, response) => {
    seen.push(`${request.url} ${request.headers['x-islet-caller']}`);
    response.end('old orders');
  });
  for (const orders of [[], [await httpInstance(t, failing)]]) {
    const { ask, edges, plane } = await standIn(t, { orders, archive: [archive] });
    const answer = await ask();
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n[\s\S]*x-islet-fallback: archive\r\n[\s\S]*old orders/);
    assert.equal(edges().get('web orders')?.decisions['traffic.fallback'], 1);
    assert.equal(edges().get('orders archive')?.requests, 1);
    await until(() => plane.stats.inFlight === 0);
  }
  assert.deepEqual(seen, ['/x orders', '/x orders']);
});

test('nothing that may change something goes to another service', async (t) => {
  const archive = await httpInstance(t, (_, response) => response.end('old orders'));
  const { ask } = await standIn(t, { orders: [], archive: [archive] });
  assert.match(await ask('POST', 'Content-Length: 2\r\n', '{}'), /^HTTP\/1\.1 503 /);
  assert.match(await ask('DELETE'), /^HTTP\/1\.1 503 /);
});

test('where the other service has no answer either, its error is told', async (t) => {
  const { ask, plane } = await standIn(t, { orders: [], archive: [] });
  assert.match(await ask(), /^HTTP\/1\.1 503 [\s\S]*"service":"archive"/);
  assert.equal(plane.stats.inFlight, 0);
});

test('services that stand in for each other are asked once each', async (t) => {
  const { ask, plane, edges } = await standIn(t, { orders: [], archive: [], circle: true });
  assert.match(await ask(), /^HTTP\/1\.1 503 [\s\S]*"service":"archive"/);
  assert.deepEqual([edges().get('web orders')?.requests, edges().get('orders archive')?.requests], [1, 1]);
  assert.deepEqual([plane.stats.inFlight, plane.stats.unexpected], [0, 0]);
});

test('a client that leaves ends what is asked of the other service', async (t) => {
  let asked = 0;
  const archive = await httpInstance(t, () => void asked++);
  const { plane } = await standIn(t, { orders: [], archive: [archive] });
  const listener = plane.table?.listeners[0];
  const socket = connect(listener?.kind === 'edge' ? listener.port : 0, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  await until(() => asked === 1);
  socket.resetAndDestroy();
  await until(() => plane.stats.inFlight === 0);
});
