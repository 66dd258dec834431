import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Listener, RoutingTable } from '@islet/policy';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { freePort } from '../../../../scripts/test/free-port.ts';
import { ExplainTokens } from '../../src/record/explain-tokens.ts';
import { Fleet } from '../../src/threads/fleet.ts';
import { client } from '../clocked.ts';
import { endpointAt, httpInstance, type TableParts, tableOf, until } from '../world.ts';

/** A proxy of several threads with an edge from `web` to the service `orders`, and what it has written to its log. */
async function fleetOf(t: TestContext, parts: Omit<TableParts, 'listeners' | 'version'>, workers = 2) {
  const folder = await mkdtemp(join(tmpdir(), 'islet-fleet-'));
  const tokenKey = join(folder, 'key');
  const lines: string[] = [];
  const sink = { write: (line: string) => lines.push(line) };
  const fleet = new Fleet({ sink, tokens: ExplainTokens.at(tokenKey), tokenKey });
  t.after(async () => {
    await fleet.close({ byMs: 0 });
    await rm(folder, { recursive: true, force: true });
  });
  const port = await freePort();
  const edge: Listener = { kind: 'edge', caller: 'web', service: 'orders', host: '127.0.0.1', port };
  let version = 0;
  const change = (changes: Partial<TableParts> & Pick<RoutingTable, 'workers'>) => {
    version++;
    const { workers: asked = workers, ...others } = changes;
    return fleet.apply({ ...tableOf({ ...parts, listeners: [edge], version, ...others }), workers: asked });
  };
  await change({});
  await until(() => fleet.workers === workers);
  const edgeStats = async () => (await fleet.readStats()).edges.find(({ service }) => service === 'orders');
  return { fleet, port, change, lines, edgeStats };
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

function get(port: number, path = '/', agent?: Agent, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { port, path, method, host: '127.0.0.1', agent: agent ?? false } as const;
    const outgoing = request(options, async (response) => {
      let body = '';
      for await (const chunk of response) body += chunk;
      resolve({ status: response.statusCode ?? 0, body });
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

/** An instance that answers at once, or for `/wait` when it is told to. */
async function instanceOf(t: TestContext) {
  const waiting: (() => void)[] = [];
  const instance = await httpInstance(t, (incoming, response) => {
    if (incoming.url === '/wait') waiting.push(() => response.end('waited'));
    else response.end('ok');
  });
  return { endpoints: [endpointAt(instance.port, 'orders-1')], waiting };
}

/** Connections until so many of them are another thread's. */
async function inThread(fleet: Fleet, port: number, count: number, waiting: readonly unknown[]) {
  const answers: Promise<Answer | undefined>[] = [];
  const thread = () => fleet.threads.values().next().value;
  while ((thread()?.inFlight ?? 0) < count) {
    assert.ok(answers.length < 64, 'the kernel deals out connections to all who listen');
    answers.push(get(port, '/wait').catch(() => undefined));
    await until(() => waiting.length === answers.length);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  return { answers, thread: thread()! };
}

test('connections go to all threads, and what they count is one', async (t) => {
  const { endpoints } = await instanceOf(t);
  const { fleet, port, edgeStats, lines } = await fleetOf(t, { endpoints }, 3);
  for (let count = 0; count < 60; count++) assert.equal((await get(port)).status, 200);
  const stats = await edgeStats();
  assert.equal(stats?.requests, 60);
  assert.equal(stats?.latencyUs.count, 60);
  assert.equal(stats?.inFlight, 0);
  const own = fleet.main.readStats().edges.find(({ service }) => service === 'orders')?.requests ?? 0;
  assert.ok(own > 0 && own < 60, `${own} of 60 came to the main thread`);
  await fleet.flush();
  assert.ok(lines.length > 0);
});

test('a rate limit is exact over all threads', async (t) => {
  const { endpoints } = await instanceOf(t);
  const rateLimit = [{ rps: 1, burst: 50, by: { kind: 'client' } }] as const;
  // One a second comes back while this runs; so slow a machine would have to be slower still to let through one too many.
  const { port, edgeStats } = await fleetOf(t, { endpoints, traffic: { ...DEFAULT_TRAFFIC, rateLimit } }, 3);
  const startedAt = performance.now();
  const answers = await Promise.all(Array.from({ length: 120 }, () => get(port)));
  const refilled = Math.floor((performance.now() - startedAt) / 1000) + 1;
  const passed = answers.filter(({ status }) => status === 200).length;
  assert.ok(passed >= 50 && passed <= 50 + refilled, `${passed} passed`);
  assert.equal(answers.filter(({ status }) => status === 429).length, 120 - passed);
  assert.equal((await edgeStats())?.errors['rate-limited'], 120 - passed);
});

test('places hold over all threads, and who waits is let in when one is freed elsewhere', async (t) => {
  let [inside, most] = [0, 0];
  const instance = await httpInstance(t, (_, response) => {
    inside++;
    most = Math.max(most, inside);
    setTimeout(() => {
      inside--;
      response.end('ok');
    }, 2);
  });
  const limits = { ...DEFAULT_TRAFFIC.limits, requests: 3, pending: 200, queueMs: 20_000 };
  const traffic = { ...DEFAULT_TRAFFIC, limits };
  const { port, edgeStats } = await fleetOf(t, { endpoints: [endpointAt(instance.port)], traffic }, 3);
  const answers = await Promise.all(Array.from({ length: 150 }, () => get(port)));
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  assert.equal(most, 3);
  assert.equal((await edgeStats())?.waiting, 0);
});

test('an instance is drained when all threads have said so, and not before', async (t) => {
  const { endpoints, waiting } = await instanceOf(t);
  const { fleet, port, change } = await fleetOf(t, { endpoints });
  const drained: string[] = [];
  fleet.on('drained', (instance) => drained.push(instance));
  const { answers } = await inThread(fleet, port, 1, waiting);
  await change({ endpoints: [] });
  assert.equal((await fleet.state()).inFlight['orders-1'], answers.length);
  assert.deepEqual(drained, []);
  for (const answer of waiting) answer();
  assert.deepEqual(new Set((await Promise.all(answers)).map((it) => it?.status)), new Set([200]));
  await until(() => drained.length === 1);
  assert.deepEqual([drained, (await fleet.state()).inFlight], [['orders-1'], {}]);
});

test('warm instances are asked by all threads where nobody else is there, and are drained when they leave for good', async (t) => {
  const { endpoints, waiting } = await instanceOf(t);
  const dead = endpointAt(await freePort(), 'orders-2');
  const { fleet, port, change, edgeStats } = await fleetOf(t, { endpoints: [dead], warm: endpoints });
  const drained: string[] = [];
  fleet.on('drained', (instance) => drained.push(instance));
  const { answers } = await inThread(fleet, port, 1, waiting);
  assert.equal((await edgeStats())?.decisions['rollout.bake'], answers.length);
  await change({ endpoints: [dead], warm: [] });
  assert.deepEqual(drained, []);
  for (const answer of waiting) answer();
  assert.deepEqual(new Set((await Promise.all(answers)).map((it) => it?.status)), new Set([200]));
  await until(() => drained.length === 1);
  assert.deepEqual(drained, ['orders-1']);
});

test('a thread that dies under load takes only its own requests along, gives back its places, and is replaced', async (t) => {
  const { endpoints, waiting } = await instanceOf(t);
  const limits = { ...DEFAULT_TRAFFIC.limits, requests: 64, pending: 0 };
  const { fleet, port, change, edgeStats } = await fleetOf(t, { endpoints, traffic: { ...DEFAULT_TRAFFIC, limits } });
  const drained: string[] = [];
  fleet.on('drained', (instance) => drained.push(instance));
  const { answers, thread } = await inThread(fleet, port, 3, waiting);
  // Load on connections that the main thread has: none of it may fail.
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const mine = () => fleet.main.readStats().edges.find(({ service }) => service === 'orders')?.requests ?? 0;
  for (let before = mine(); ; before = mine()) {
    await get(port, '/', agent);
    if (mine() > before) break;
    agent.destroy();
  }
  let [left, failed] = [300, 0];
  const load = (async () => {
    while (left-- > 0) if ((await get(port, '/', agent)).status !== 200) failed++;
  })();
  const inMain = fleet.main.stats.inFlight;
  const requests = (await edgeStats())?.requests ?? 0;
  const told: string[] = [];
  fleet.on('unexpected', (text) => told.push(text));
  await thread.kill('a test');
  await until(() => fleet.workers === 1);
  assert.deepEqual(told, ['worker 1 has ended (a test), and is started again']);
  await load;
  assert.equal(failed, 0);
  await until(() => fleet.workers === 2);
  assert.deepEqual((await fleet.state()).problems, []);
  assert.ok(((await edgeStats())?.requests ?? 0) >= requests, 'what it had counted is not forgotten');
  // All places but those that the main thread's requests have are free again.
  const held = (await fleet.state()).inFlight['orders-1'] ?? 0;
  assert.ok(held <= inMain, `${held} are in flight`);
  const more = Array.from({ length: 64 - held }, () => get(port, '/wait'));
  await until(() => waiting.length === answers.length + 64 - held);
  await change({ endpoints: [] });
  for (const answer of waiting) answer();
  assert.deepEqual(new Set((await Promise.all(more)).map(({ status }) => status)), new Set([200]));
  await Promise.all(answers);
  await until(() => drained.length === 1);
});

test('an instance that one thread has ejected is asked by none', async (t) => {
  const { endpoints } = await instanceOf(t);
  let asked = 0;
  const bad = await httpInstance(t, (_, response) => {
    asked++;
    response.writeHead(503).end();
  });
  const traffic = { ...DEFAULT_TRAFFIC, retry: undefined };
  const { fleet, port } = await fleetOf(t, { endpoints: [...endpoints, endpointAt(bad.port, 'orders-2')], traffic }, 3);
  for (let count = 0; count < 100; count++) await get(port);
  // Three in a row are enough, whoever had them; each other thread may have asked once before it heard of it.
  assert.ok(asked >= 3 && asked <= 5, `it was asked ${asked} times`);
  const ejected = (await fleet.readStats()).instances.filter((it) => it.ejected).map(({ instance }) => instance);
  assert.deepEqual(ejected, ['orders-2']);
});

test('a request that changes something makes all threads forget what they have stored of it', async (t) => {
  let version = 1;
  const instance = await httpInstance(t, (incoming, response) => {
    if (incoming.method === 'PUT') version++;
    response.setHeader('cache-control', 'max-age=1000');
    response.end(`version ${version}`);
  });
  const cache = {
    memoryBytes: 1e6,
    maxBodyBytes: 1e5,
    freshForMs: 0,
    staleWhileRevalidateMs: 0,
    staleIfErrorMs: 0,
    acrossRevisions: false,
  };
  const { port } = await fleetOf(t, { endpoints: [endpointAt(instance.port)], traffic: { ...DEFAULT_TRAFFIC, cache } });
  const bodies = async () =>
    new Set((await Promise.all(Array.from({ length: 24 }, () => get(port)))).map((it) => it.body));
  assert.deepEqual(await bodies(), new Set(['version 1']));
  assert.equal((await get(port, '/', undefined, 'PUT')).body, 'version 2');
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(await bodies(), new Set(['version 2']));
});

test('threads come and go by the table, and connections that are open stay open', async (t) => {
  const { endpoints } = await instanceOf(t);
  const { fleet, port, change } = await fleetOf(t, { endpoints }, 1);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const client = connect(port, '127.0.0.1');
  t.after(() => client.destroy());
  const ask = () =>
    new Promise<string>((resolve, reject) => {
      client.once('data', (bytes) => resolve(bytes.toString('latin1')));
      client.once('close', () => reject(new Error('it was closed')));
      client.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
    });
  assert.match(await ask(), /^HTTP\/1.1 200/);
  await change({ workers: 3 });
  await until(() => fleet.workers === 3);
  assert.match(await ask(), /^HTTP\/1.1 200/);
  await change({ workers: 1 });
  await until(() => fleet.threads.size === 0);
  assert.match(await ask(), /^HTTP\/1.1 200/);
  assert.equal((await get(port)).status, 200);
  assert.deepEqual((await fleet.state()).problems, []);
});

test('a client whose thread goes may ask once more, and is told with the answer', async (t) => {
  const { endpoints } = await instanceOf(t);
  const { fleet, port, change } = await fleetOf(t, { endpoints });
  // From now on both take connections.
  await change({});
  const clients = Array.from({ length: 16 }, () => client(t, port, 'GET / HTTP/1.1\r\nHost: h\r\n\r\n'));
  await until(() => clients.every(({ seen }) => seen.text.includes('\r\n\r\n')));
  await change({ workers: 1 });
  // The thread has been told to go before it answers this.
  await fleet.state();
  for (const { socket } of clients) socket.write('GET /again HTTP/1.1\r\nHost: h\r\n\r\n');
  await until(() => clients.every(({ seen }) => seen.ended || seen.text.split('HTTP/1.1 200').length === 3));
  assert.deepEqual(
    clients.map(({ seen }) => seen.text.split('HTTP/1.1 200').length - 1),
    clients.map(() => 2),
  );
  await until(() => fleet.threads.size === 0);
});

test('a port that another program has is a problem, and no thread shares it', async (t) => {
  const { endpoints } = await instanceOf(t);
  const { fleet, change } = await fleetOf(t, { endpoints });
  const taken = createServer();
  t.after(() => taken.close());
  await new Promise<void>((resolve) => taken.listen({ port: 0, host: '127.0.0.1', reusePort: true }, resolve));
  const { port } = taken.address() as { readonly port: number };
  const edge: Listener = { kind: 'edge', caller: 'web', service: 'orders', host: '127.0.0.1', port };
  await change({ listeners: [edge] });
  assert.match((await fleet.state()).problems.join(), /web can't reach orders on .*EADDRINUSE/);
  await new Promise((resolve) => taken.close(resolve));
  await until(() => fleet.main.openKeys.length === 1);
  assert.equal((await get(port)).status, 200);
});
