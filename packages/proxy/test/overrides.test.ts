import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { RouteMatch, TrafficOverride, TrafficSpec } from '@islet/spec';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { Edge } from '../src/stats.ts';
import { httpInstance, send, until, world } from './world.ts';

function override(policy: Partial<TrafficSpec>, who: { caller?: string; route?: string } = {}): TrafficOverride {
  const [first = '', second] = (who.route ?? '').split(' ');
  const match: RouteMatch = second === undefined ? { method: undefined, path: first } : { method: first, path: second };
  const route = who.route === undefined ? undefined : match;
  return { at: [], caller: who.caller, route, changes: Object.keys(policy) as (keyof TrafficSpec)[], policy };
}

/** One instance of `orders`, and the paths that it was asked for. */
async function orders(t: TestContext, overrides: readonly TrafficOverride[], handler: RequestListener = well) {
  const asked: string[] = [];
  const instance = await httpInstance(t, (incoming, response) => {
    asked.push(incoming.url ?? '');
    handler(incoming, response);
  });
  let now = 1_000_000;
  const traffic = { ...DEFAULT_TRAFFIC, overrides };
  const made = await world(t, [instance], 'http', { now: () => now, traffic });
  const get = (path: string, port = made.edge, host = 'known.example') =>
    send(port, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  const pass = (ms: number) => {
    now += ms;
  };
  const edge = () => made.plane.readStats().edges.find(({ from }) => from.kind === 'edge');
  return { ...made, edgePort: made.edge, asked, get, pass, edge };
}

const well: RequestListener = (_, response) => void response.end('well');
const status = (answer: string) => Number(answer.slice(9, 12));
const RATE = { rateLimit: [{ rps: 1, burst: 1, by: { kind: 'route' } }] } as const;

test('a route has its timeout, and every other request that of the service', async (t) => {
  const timeout = { ...DEFAULT_TRAFFIC.timeout, requestMs: 1_000, perTryMs: 1_000 };
  const { get, asked, pass } = await orders(t, [override({ timeout }, { route: '/slow/{id}' })], () => undefined);
  const answers = [get('/slow/1'), get('/other')];
  await until(() => asked.length === 2);
  pass(1_001);
  assert.equal(status((await answers[0]) ?? ''), 504);
  pass(14_001);
  assert.match((await answers[1]) ?? '', /^HTTP\/1\.1 504 [\s\S]*x-islet-explain: traffic\.timeout\.request/);
});

test('an answer names the rule where it is written: of the caller on the route, of the route, or of the service', async (t) => {
  const limits = { ...DEFAULT_TRAFFIC.limits, sizes: { ...DEFAULT_TRAFFIC.limits.sizes, requestBody: 1_024 } };
  const ofRoute = { ...override({ limits }, { route: '/a' }), at: ['routes', 0] };
  const ofBoth = { ...override({ limits }, { route: '/b', caller: 'web' }), at: ['callers', 'web', 'routes', 1] };
  const { edgePort } = await orders(t, [ofRoute, ofBoth]);
  const rules = [];
  for (const path of ['/a', '/b', '/c']) {
    const fields = `Host: h\r\nx-islet-explain: 1\r\nContent-Length: 2000\r\nConnection: close\r\n\r\n`;
    const answer = await send(edgePort, `POST ${path} HTTP/1.1\r\n${fields}${path === '/c' ? 'x'.repeat(2_000) : ''}`);
    rules.push(/\r\nx-islet-explain: (.*)\r\n/.exec(answer)?.[1]);
  }
  assert.deepEqual(rules, [
    'traffic.routes[0].limits.requestBody',
    'traffic.callers.web.routes[1].limits.requestBody',
    undefined,
  ]);
});

test('a route is of the path that the service sees, without query and however it is spelt', async (t) => {
  const { get, gateway } = await orders(t, [override(RATE, { route: 'GET /tight' })]);
  assert.equal(status(await get('/orders/tight?a=1', gateway, 'any')), 200);
  for (const path of ['/tight', '/tight/', '/%74ight', '/tight?x']) assert.equal(status(await get(path)), 429, path);
  assert.equal(status(await get('/tight2')), 200);
});

test('what holds for one caller holds for no other', async (t) => {
  const { get, gateway } = await orders(t, [override(RATE, { caller: 'gateway' })]);
  assert.deepEqual([status(await get('/', gateway)), status(await get('/', gateway))], [200, 429]);
  assert.deepEqual([status(await get('/')), status(await get('/'))], [200, 200]);
});

test('a limit on a route is shared by its callers, and one of a caller on a route is its own', async (t) => {
  const { get, gateway } = await orders(t, [
    override(RATE, { route: '/a' }),
    override(RATE, { route: '/b', caller: 'web' }),
  ]);
  assert.deepEqual([status(await get('/a')), status(await get('/a', gateway))], [200, 429]);
  assert.deepEqual(
    [status(await get('/b')), status(await get('/b')), status(await get('/b', gateway))],
    [200, 429, 200],
  );
});

test('a breaker of a route opens for that route alone, and its state is told', async (t) => {
  const breaker = { ...DEFAULT_TRAFFIC.breaker, minCalls: 3 } as NonNullable<TrafficSpec['breaker']>;
  const { get, edge, change, publish } = await orders(
    t,
    [override({ breaker }, { route: '/bad' })],
    (incoming, response) => {
      response.writeHead(incoming.url === '/bad' ? 503 : 200).end();
    },
  );
  for (let count = 0; count < 3; count++) await get('/bad');
  assert.match(await get('/bad'), /breaker-open/);
  assert.equal(status(await get('/good')), 200);
  assert.deepEqual(
    edge()?.routes.map((route) => [route.route, route.breaker]),
    [['/bad', 'open']],
  );
  assert.equal(edge()?.breaker, 'closed');
  await publish();
  assert.equal(edge()?.routes[0]?.breaker, 'open', 'a table that says the same of it changes nothing');
  await change({ traffic: DEFAULT_TRAFFIC });
  assert.deepEqual(edge()?.routes, []);
});

test('limits of a route hold for that route alone, and what waits there is let in there', async (t) => {
  const limits = { ...DEFAULT_TRAFFIC.limits, requests: 1, pending: 1 };
  const held: (() => void)[] = [];
  const { get, asked, edge } = await orders(t, [override({ limits }, { route: '/one' })], (incoming, response) => {
    if (incoming.url === '/one') held.push(() => response.end('one'));
    else response.end();
  });
  const [first, second] = [get('/one'), get('/one')];
  await until(() => asked.length === 1 && edge()?.routes[0]?.waiting === 1);
  assert.match(await get('/one'), /x-islet-explain: traffic\.limits\.pending/);
  assert.equal(status(await get('/other')), 200);
  held.shift()?.();
  await until(() => held.length === 1);
  held.shift()?.();
  assert.deepEqual([status(await first), status(await second)], [200, 200]);
});

test('failures of a route that says so are held against no instance', async (t) => {
  const fails: RequestListener = (incoming, response) => {
    response.writeHead(incoming.url === '/upstream' ? 500 : 200).end();
  };
  const [one, two] = [await httpInstance(t, fails), await httpInstance(t, fails)];
  const overrides = [override({ outlier: undefined }, { route: '/upstream' })];
  const { edge: port, plane } = await world(t, [one, two], 'http', { traffic: { ...DEFAULT_TRAFFIC, overrides } });
  for (let count = 0; count < 30; count++) {
    await send(port, 'GET /upstream HTTP/1.1\r\nHost: o\r\nConnection: close\r\n\r\n');
  }
  assert.deepEqual(
    plane.readStats().instances.map(({ ejected }) => ejected),
    [false, false],
  );
});

test('a change of a route holds from the next request on, over the connection that is open', async (t) => {
  const { change, edge, edgePort } = await orders(t, []);
  const socket = connect({ port: edgePort, host: '127.0.0.1' });
  t.after(() => socket.destroy());
  let received = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    received += text;
  });
  const statuses = () => received.match(/HTTP\/1\.1 \d+/g) ?? [];
  const ask = async () => {
    const before = statuses().length;
    socket.write('GET /a HTTP/1.1\r\nHost: o\r\n\r\n');
    await until(() => statuses().length > before);
  };
  await ask();
  await ask();
  await change({ traffic: { ...DEFAULT_TRAFFIC, overrides: [override(RATE, { route: '/a' })] } });
  await ask();
  await ask();
  assert.deepEqual(statuses(), ['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 429']);
  assert.equal(edge()?.requests, 4);
});

test('a route that the file names again still has the tunnels that were opened on it', () => {
  const edge = new Edge({ kind: 'edge', caller: 'web' }, 'orders');
  const one = { requests: 5, connections: 1, pending: 0 };
  const bulkhead = () => edge.onRoute('GET /events').bulkhead;
  assert.equal(bulkhead().tryOpenTunnel(one), true);
  edge.pruneRoutes(() => false);
  assert.equal(bulkhead().tryOpenTunnel(one), false);
  bulkhead().closeTunnel();
  edge.pruneRoutes(() => false);
  assert.equal(bulkhead().tryOpenTunnel(one), true);
});
