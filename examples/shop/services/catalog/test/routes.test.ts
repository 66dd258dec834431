import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { routes } from '../src/routes.ts';
import { createService } from '../src/server.ts';
import { createMemoryStore } from './memory-store.ts';
import { ATOLL, SKERRY } from './store.suite.ts';

describe('catalog over HTTP', () => {
  const server = createService(routes(createMemoryStore([SKERRY, ATOLL])));
  let origin = '';
  before(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => server.close());

  const put = (path: string, body: string) => fetch(origin + path, { method: 'PUT', body });

  it('lists products', async () => {
    const response = await fetch(`${origin}/api/catalog/products`);
    assert.equal(response.status, 200);
    assert.deepEqual(await response.json(), { products: [ATOLL, SKERRY] });
  });

  it('shows one product, and 404 for one that is not', async () => {
    assert.deepEqual(await (await fetch(`${origin}/api/catalog/products/skerry`)).json(), SKERRY);
    assert.equal((await fetch(`${origin}/api/catalog/products/nowhere`)).status, 404);
  });

  it('reserves, and answers the total', async () => {
    const response = await put('/reservations/order-1', '{"items":[{"sku":"skerry","quantity":2}]}');
    assert.equal(response.status, 200);
    assert.equal(((await response.json()) as { totalCents: number }).totalCents, 6400);
  });

  it('does not reserve below the public prefix', async () => {
    assert.equal((await put('/api/catalog/reservations/order-1', '{}')).status, 404);
  });

  for (const [body, status] of [
    ['{', 400],
    ['null', 400],
    ['{"items":[]}', 400],
    ['{"items":[{"sku":"skerry","quantity":0}]}', 400],
    ['{"items":[{"sku":"skerry","quantity":1},{"sku":"skerry","quantity":1}]}', 400],
    ['{"items":[{"sku":"nowhere","quantity":1}]}', 404],
    ['{"items":[{"sku":"atoll","quantity":3}]}', 409],
    ['x'.repeat(100_000), 413],
  ] as const) {
    it(`answers ${status} to ${body.slice(0, 60)}`, async () => {
      assert.equal((await put('/reservations/order-2', body)).status, status);
    });
  }

  it('answers 405 to a known path with another method', async () => {
    assert.equal((await fetch(`${origin}/api/catalog/products`, { method: 'POST' })).status, 405);
  });

  it('is live and ready', async () => {
    assert.equal((await fetch(`${origin}/livez`)).status, 200);
    assert.equal((await fetch(`${origin}/readyz`)).status, 200);
  });
});
