import assert from 'node:assert/strict';
import { Agent, type OutgoingHttpHeaders, request } from 'node:http';
import { type TestContext, test } from 'node:test';
import type { BalanceSpec, TrafficSpec } from '@islet/spec';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { endpointAt, httpInstance, world } from './world.ts';

const { balance: DEFAULT } = DEFAULT_TRAFFIC;

function trafficOf(balance: Partial<BalanceSpec>, rest: Partial<TrafficSpec> = {}): TrafficSpec {
  return { ...DEFAULT_TRAFFIC, ...rest, balance: { ...DEFAULT, ...balance } };
}

/** The same throws each time (Lehmer's generator), so that no run is unlucky. */
function diceOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** So many instances that answer with their number, and fail where they are told to. */
async function numbered(t: TestContext, count: number, traffic: TrafficSpec) {
  const failing = new Set<number>();
  const instances = await Promise.all(
    Array.from({ length: count }, (_, number) =>
      httpInstance(t, (_, response) => void response.writeHead(failing.has(number) ? 500 : 200).end(`${number}`)),
    ),
  );
  let now = 1_000_000;
  const made = await world(t, instances, 'http', { now: () => now, dice: diceOf(4711), traffic });
  const agent = new Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  const call = (headers: OutgoingHttpHeaders = {}, path = '/') => ask(made.edge, agent, { headers, path });
  const pass = (ms: number) => {
    now += ms;
  };
  const endpoints = instances.map(({ port }) => endpointAt(port));
  const decisions = () => made.plane.readStats().edges.find(({ from }) => from.kind === 'edge')?.decisions ?? {};
  return { ...made, instances, endpoints, failing, call, pass, decisions };
}

interface Answer {
  readonly body: string;
  /** What the client would send back. */
  readonly cookie: string | undefined;
  readonly field: string | undefined;
}

function ask(port: number, agent: Agent, options: { headers: OutgoingHttpHeaders; path: string }): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ port, agent, ...options }, async (response) => {
      let body = '';
      for await (const chunk of response) body += chunk;
      const [field] = response.headers['set-cookie'] ?? [];
      resolve({ body, field, cookie: field?.split(';')[0] });
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

async function bodies(call: () => Promise<Answer>, times: number): Promise<readonly string[]> {
  const seen: string[] = [];
  for (let count = 0; count < times; count++) seen.push((await call()).body);
  return seen;
}

test('round-robin goes through the instances in turn, and on where a table changes nothing of them', async (t) => {
  const { call, change } = await numbered(t, 3, trafficOf({ algorithm: { kind: 'round-robin' } }));
  const first = await bodies(call, 4);
  assert.equal(new Set(first.slice(0, 3)).size, 3);
  await change({});
  const next = await bodies(call, 3);
  assert.deepEqual([first[1], first[2]], [next[0], next[1]]);
});

test('the same key goes to the same instance, another one elsewhere, and a request without a key anywhere', async (t) => {
  const key = { kind: 'header', name: 'x-tenant' } as const;
  const algorithm = { kind: 'ring-hash', key, boundPercent: 150 } as const;
  const { call, publish, endpoints } = await numbered(t, 3, trafficOf({ algorithm }));
  const homes = new Map<string, string>();
  for (let tenant = 0; tenant < 30; tenant++) {
    const seen = new Set(await bodies(() => call({ 'X-Tenant': `t${tenant}` }), 3));
    assert.equal(seen.size, 1);
    homes.set(`t${tenant}`, [...seen].join());
  }
  assert.equal(new Set(homes.values()).size, 3);
  assert.ok(new Set(await bodies(call, 60)).size === 3);
  await publish(...endpoints.slice(1));
  for (const [tenant, home] of homes) {
    const { body } = await call({ 'x-tenant': tenant });
    if (home === '0') assert.notEqual(body, '0');
    else assert.equal(body, home, 'a key whose instance is still there has not moved');
  }
});

test('a key may be a part of the path, without the query', async (t) => {
  const key = { kind: 'path', pattern: '/carts/{id}' } as const;
  const { call } = await numbered(t, 3, trafficOf({ algorithm: { kind: 'ring-hash', key, boundPercent: 150 } }));
  for (let cart = 0; cart < 10; cart++) {
    const seen = new Set<string>();
    for (const query of ['', '?a', '?b=/carts/1']) seen.add((await call({}, `/carts/${cart}${query}`)).body);
    assert.equal(seen.size, 1);
  }
});

test('peak-ewma goes to the instance that answers sooner', async (t) => {
  const algorithm = { kind: 'peak-ewma', decayMs: 10_000, defaultRttMs: 30 } as const;
  const made = await numbered(t, 1, trafficOf({ algorithm, slowStart: undefined }));
  // The clock goes on while this one works: it is slow by the proxy's reckoning, and no test waits for it.
  const slow = await httpInstance(t, (_, response) => {
    made.pass(200);
    response.end('slow');
  });
  await made.publish(...made.endpoints, endpointAt(slow.port));
  const seen = await bodies(made.call, 60);
  assert.ok(seen.filter((body) => body === 'slow').length <= 3, seen.join(' '));
});

test('a sticky client stays with its instance, and a cookie that nobody gave it is worth nothing', async (t) => {
  const sticky = { cookie: 'home', maxAgeMs: 60_000 };
  const { call } = await numbered(t, 3, trafficOf({ sticky }));
  const first = await call();
  assert.match(first.field ?? '', /^home=[0-9a-f]{16}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=60$/);
  for (let count = 0; count < 10; count++) {
    const again = await call({ cookie: `a=b; ${first.cookie}` });
    assert.deepEqual([again.body, again.field], [first.body, undefined]);
  }
  assert.notEqual((await call({ cookie: 'home=0123456789abcdef' })).field, undefined);
});

test('when its instance has gone or is ejected, a sticky client gets another one and is told so', async (t) => {
  const { call, publish, endpoints, failing } = await numbered(
    ...([t, 3, trafficOf({ sticky: { cookie: 'home', maxAgeMs: undefined } })] as const),
  );
  const first = await call();
  const home = Number(first.body);
  failing.add(home);
  for (let count = 0; count < 5; count++) await call({ cookie: first.cookie });
  const second = await call({ cookie: first.cookie });
  assert.notEqual(second.body, first.body);
  await publish(...endpoints.filter((_, number) => number !== home && number !== Number(second.body)));
  const third = await call({ cookie: second.cookie });
  assert.ok(third.body !== first.body && third.body !== second.body);
  assert.notEqual(third.field, undefined);
  assert.equal((await call({ cookie: third.cookie })).body, third.body);
});

test('an instance that comes gets its full part by and by; the first ones at once', async (t) => {
  const { call, publish, pass, endpoints } = await numbered(t, 2, trafficOf({}));
  const [first] = endpoints;
  assert.ok(first !== undefined);
  assert.equal((await bodies(call, 60)).filter((body) => body === '1').length > 15, true);
  await publish(first);
  await publish(...endpoints);
  const early = (await bodies(call, 100)).filter((body) => body === '1').length;
  assert.ok(early < 30, `${early} of 100 at once`);
  pass(10_000);
  const late = (await bodies(call, 100)).filter((body) => body === '1').length;
  assert.ok(late > 25, `${late} of 100 after ten seconds`);
});

test('when most instances are ejected, all are asked again, and each time is counted', async (t) => {
  const often = { consecutive5xx: 2, consecutiveGateway: 2, failureRatePercent: 50, minCalls: 20 };
  const outlier = { ...often, baseMs: 60_000, maxMs: 60_000, maxPercent: 100 };
  const { call, change, failing, plane, decisions } = await numbered(t, 3, trafficOf({ panicPercent: 0 }, { outlier }));
  failing.add(0).add(1);
  for (let count = 0; count < 40; count++) await call();
  assert.deepEqual(
    plane.readStats().instances.map(({ ejected }) => ejected),
    [true, true, false],
  );
  assert.deepEqual(new Set(await bodies(call, 20)), new Set(['2']));
  assert.equal(decisions()['traffic.balance.panic'], undefined);
  await change({ traffic: trafficOf({ panicPercent: 50 }, { outlier }) });
  assert.equal(new Set(await bodies(call, 60)).size, 3);
  assert.equal(decisions()['traffic.balance.panic'], 60);
});
