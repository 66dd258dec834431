import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createClient } from '@islet/client/remote';
import { startLoad } from './support/load.ts';
import { makeSystem, type System } from './support/system.ts';
import { isWhole, roots } from './support/trace.ts';
import { until } from './support/until.ts';

/* The example shop: six services in four languages, brought up by one command from the files as they are. */

const SHOP = fileURLToPath(new URL('../examples/shop', import.meta.url));
const ORDER = { items: [{ sku: 'amber-skerry', quantity: 1 }], card: '4242 4242 4242 4242' };

let shop: System;
before(async () => {
  shop = await makeSystem({ copyOf: SHOP });
});
after(async () => {
  await shop[Symbol.asyncDispose]();
});

async function place(key: string): Promise<{ id: string; payment: string; shipping: unknown }> {
  const response = await fetch(`${shop.url}/api/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(ORDER),
  });
  assert.equal(response.status, 201, await response.clone().text());
  return response.json() as Promise<{ id: string; payment: string; shipping: unknown }>;
}

test('one command brings the shop up, and ends with one table and its address', async () => {
  const { stdout, stderr } = await shop.up();
  const lines = stdout.trimEnd().split('\n');
  assert.match(lines[0] ?? '', /^SERVICE +LANGUAGE +REVISION +INSTANCES +ADDRESS/);
  const names = lines.slice(1, 7).map((line) => line.split(' ')[0]);
  assert.deepEqual(names, ['catalog', 'orders', 'payments', 'recommendations', 'shipping', 'web']);
  assert.equal(lines.at(-1), `shop is at ${shop.url}`, stderr);
});

test('its own acceptance script passes against the gateway', async () => {
  const { stdout } = await promisify(execFile)('sh', ['tests/order.sh', shop.url], { cwd: shop.folder });
  assert.doesNotMatch(stdout, /note:/);
});

test('an order crosses all of its services', async () => {
  const order = await place('crosses');
  assert.equal(order.payment, 'authorized');
  assert.equal(typeof order.shipping, 'object');
  assert.notEqual(order.shipping, null);
  assert.equal((await shop.get('/')).status, 200);
  assert.equal((await shop.get('/api/recommendations?sku=amber-skerry')).status, 200);
});

test('an order is one trace, through the proxy, every language and the stores, with its logs in place', async () => {
  await place('traced');
  const client = connected();
  const found = await until('its trace is whole', async () => {
    const { traces } = await client.traces({ service: 'payments', route: '/api/orders' });
    const [newest] = traces;
    const trace = newest && (await client.trace({ trace: newest.trace }));
    const names = new Set(trace?.logs.map(({ service }) => service));
    const isLogged = ['orders', 'catalog', 'payments', 'shipping'].every((name) => names.has(name));
    return (
      isLogged &&
      isWhole(trace?.spans ?? []) &&
      trace?.spans.some(({ source, name }) => source === 'otlp' && name.startsWith('pg.query')) &&
      trace
    );
  });
  assert.deepEqual(
    roots(found.spans).map(({ source, name }) => `${source} ${name}`),
    ['proxy POST /api/orders'],
  );
  // The proxy's span of each hop, in the languages that have an agent and in those that have none.
  const hops = found.requests.map(({ caller, from, service }) => `${caller ?? from} → ${service}`);
  assert.deepEqual(hops.sort(), ['gateway → orders', 'orders → catalog', 'orders → payments', 'orders → shipping']);
});

/** The control API, as the command line reaches it. */
function connected() {
  return createClient({ ...JSON.parse(shop.read('.islet/control.json')), token: shop.read('.islet/token') });
}

test('the credentials of a database are replaced under load without a failed request', async () => {
  using load = await startLoad(`${shop.url}/api/catalog/products`);
  const { code, stderr } = await shop.islet('db', 'rotate', 'catalog');
  assert.equal(code, 0, stderr);
  const { ok, others } = await load.stop();
  assert.ok(ok > 0);
  assert.deepEqual(others, {});
  const { stdout } = await shop.islet('decisions', 'catalog');
  assert.match(stdout, /withdrew the old credentials/);
});

test('up again changes nothing', async () => {
  const before = await shop.status();
  await shop.up();
  const { revision, services, processes } = await shop.status();
  assert.equal(revision, before.revision);
  assert.deepEqual(services, before.services);
  assert.deepEqual(processes, before.processes);
});

test('data outlives down and up', async () => {
  const order = await place('outlives');
  assert.equal((await shop.islet('down')).code, 0);
  await assert.rejects(shop.get('/'), 'the gateway is closed');
  await shop.up();
  const response = await shop.get(`/api/orders/${order.id}`);
  assert.deepEqual(await response.json(), order);
});
