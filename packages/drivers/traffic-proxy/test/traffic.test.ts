import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { TrafficDriver } from '@islet/driver';
import { type TrafficSubject, trafficConformance } from '@islet/driver/conformance';
import type { RoutingTable } from '@islet/policy';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { createProxyTraffic } from '../src/index.ts';

const MAIN = new URL(import.meta.resolve('@islet/proxy/main')).pathname;

/** A real proxy process, real instances, and a driver between them. */
async function realProxy(
  t: TestContext,
): Promise<TrafficSubject & { readonly driver: ReturnType<typeof createProxyTraffic> }> {
  const folder = await mkdtemp(join(tmpdir(), 'islet-traffic-'));
  const socketPath = join(folder, 'proxy.sock');
  const operator = join(folder, 'operator.sock');
  const driver = createProxyTraffic({ socketPath });
  const held: ServerResponse[] = [];
  let child: ChildProcess | undefined;

  const startProxy = async () => {
    const args = ['--socket', socketPath, '--table', join(folder, 'table.json'), '--state', folder];
    child = spawn(process.execPath, [MAIN, ...args], { stdio: 'ignore' });
    await settled(async () => (await driver.observe()).kind === 'reachable');
  };
  const stopProxy = async () => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    child.once('close', () => resolve());
    child.kill('SIGKILL');
    await ended;
  };
  t.after(async () => {
    await driver.close();
    await stopProxy();
    await rm(folder, { recursive: true, force: true });
  });
  const hold = async () => {
    const before = held.length;
    const client = connect(operator);
    t.after(() => client.destroy());
    client.write('GET / HTTP/1.1\r\nHost: orders\r\n\r\n');
    await settled(async () => held.length > before);
    return client;
  };
  await startProxy();

  return {
    driver: throughSocket(driver, operator),
    startProxy,
    stopProxy,
    async endpoint(instance) {
      const server = createServer((_, response) => void held.push(response));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      t.after(() => {
        server.close();
        server.closeAllConnections();
      });
      return { instance, revision: 'a', host: '127.0.0.1', port: (server.address() as AddressInfo).port };
    },
    async hold() {
      await hold();
    },
    async stream() {
      const client = await hold();
      const head = once(client, 'data');
      held.at(-1)?.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      await head;
    },
    async release() {
      for (const response of held.splice(0)) response.end();
    },
  };
}

/** The suite's tables have no listener; here each gets one, so that requests can enter. */
function throughSocket<Driver extends TrafficDriver>(driver: Driver, path: string): Driver {
  const opened = (table: RoutingTable): RoutingTable => ({ ...table, listeners: [{ kind: 'operator', path }] });
  return {
    ...driver,
    publish: (table, options) => driver.publish(opened(table), options),
    observe: async () => {
      const seen = await driver.observe();
      if (seen.kind === 'unreachable' || seen.table === undefined) return seen;
      return { ...seen, table: { ...seen.table, listeners: [] } };
    },
  };
}

async function settled(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error('the awaited condition never held');
    await delay(5);
  }
}

trafficConformance('proxy traffic', realProxy);

test('an invalid table is refused for good, with the reason', async (t) => {
  const { driver } = await realProxy(t);
  const bad = { version: 1, routes: 'r', listeners: [], services: { 'or ders': {} } } as unknown as RoutingTable;
  await assert.rejects(driver.publish(bad, { signal: AbortSignal.timeout(5_000) }), /refused: .*services/);
});

test('the counters of the proxy pass through', async (t) => {
  const { driver, endpoint, hold, release } = await realProxy(t);
  const options = { signal: AbortSignal.timeout(5_000) };
  const endpoints = [await endpoint('orders-a.0-0')];
  const services = {
    orders: { protocol: 'http', traffic: DEFAULT_TRAFFIC, endpoints, split: undefined, unavailable: undefined },
  } as const;
  await driver.publish({ version: 1, routes: 'r', listeners: [], services }, options);
  await hold('orders-a.0-0');
  assert.equal((await driver.stats(options)).edges[0]?.inFlight, 1);
  await release();
  await settled(async () => (await driver.stats(options)).instances[0]?.statuses['2xx'] === 1);
  const { edges } = await driver.stats(options);
  assert.deepEqual(edges[0]?.from, { kind: 'operator' });
  assert.equal(edges[0]?.latencyUs.count, 1);
});

test('the operator names a service of this system, or gets a reason', async (t) => {
  const { driver, endpoint } = await realProxy(t);
  const endpoints = [await endpoint('orders-a.0-0')];
  const services = {
    orders: { protocol: 'http', traffic: DEFAULT_TRAFFIC, endpoints, split: undefined, unavailable: undefined },
  } as const;
  await driver.publish({ version: 1, routes: 'r', listeners: [], services }, { signal: AbortSignal.timeout(5_000) });
  const { listeners } = (await stateOf(driver)).table ?? {};
  const [listener] = listeners ?? [];
  assert.equal(listener?.kind, 'operator');
  const answer = await ask(listener?.kind === 'operator' ? listener.path : '', 'nobody');
  assert.match(answer, /^HTTP\/1\.1 404 [\s\S]*x-islet-error: unknown-service/);
});

function stateOf(driver: Awaited<ReturnType<typeof realProxy>>['driver']) {
  return driver.state({ signal: AbortSignal.timeout(5_000) });
}

function ask(path: string, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path).setEncoding('utf8');
    let text = '';
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('end', () => resolve(text));
    socket.on('error', reject);
    socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  });
}
