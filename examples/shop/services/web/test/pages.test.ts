import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import { loadAssets } from '../src/assets.ts';
import { routes } from '../src/routes.ts';
import { createService } from '../src/server.ts';
import { connect, type Product, type Services } from '../src/services.ts';

const PINE: Product = { sku: 'pine-key', name: 'Pine <Key>', priceCents: 3400, stock: 3 };
const GONE: Product = { sku: 'gone', name: 'Gone', priceCents: 100, stock: 0 };

const listen = async (server: ReturnType<typeof createServer>) => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

describe('pages', () => {
  let products: readonly Product[] | undefined;
  let suggested: readonly string[];
  const services: Services = { products: async () => products, recommendations: async () => suggested };
  const server = createService(routes({ services, assets: loadAssets() }));
  let origin = '';

  before(async () => {
    origin = await listen(server);
  });
  after(() => server.close());
  beforeEach(() => {
    products = [PINE, GONE];
    suggested = ['gone'];
  });

  const get = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(origin + path, { headers });
    return { status: response.status, text: await response.text() };
  };

  it('shows every product, with its name escaped', async () => {
    const { status, text } = await get('/');
    assert.equal(status, 200);
    assert.match(text, /Pine &#60;Key&#62;/);
    assert.match(text, /€34\.00/);
    assert.match(text, /Only 3 left/);
    assert.match(text, /Sold out/);
  });

  it('shows a product with what goes well with it', async () => {
    assert.match((await get('/products/pine-key')).text, /Goes well with it/);
  });

  it('leaves suggestions out when there are none', async () => {
    suggested = [];
    const { status, text } = await get('/products/pine-key');
    assert.equal(status, 200);
    assert.doesNotMatch(text, /Goes well with it/);
  });

  for (const [path, status] of [
    ['/products/nowhere', 404],
    ['/nothing', 404],
    ['/assets/..%2Fpackage.json', 404],
    ['/assets/style.css', 200],
    ['/pictures/pine-key.svg', 200],
    ['/orders/whatever', 200],
    ['/livez', 200],
    ['/readyz', 200],
  ] as const) {
    it(`answers ${status} to ${path}`, async () => assert.equal((await get(path)).status, status));
  }

  it('says that it is closed, and stays ready, while the catalog is away', async () => {
    products = undefined;
    for (const path of ['/', '/cart', '/products/pine-key']) assert.equal((await get(path)).status, 503);
    assert.equal((await get('/readyz')).status, 200);
  });

  it('puts a product into the cart, and shows it there', async () => {
    const body = new URLSearchParams({ sku: 'pine-key', add: '1' });
    const headers = { cookie: 'cart=pine-key.1' };
    const response = await fetch(`${origin}/cart`, { method: 'POST', body, headers, redirect: 'manual' });
    assert.equal(response.status, 303);
    const cookie = response.headers.get('set-cookie') ?? '';
    assert.match(cookie, /^cart=pine-key\.2;/);
    const { text } = await get('/cart', { cookie });
    assert.match(text, /€68\.00/);
    assert.match(text, /data-items="\[\{&#34;sku&#34;:&#34;pine-key&#34;,&#34;quantity&#34;:2\}\]"/);
  });

  it('does not send an asset again that the browser has', async () => {
    const etag = (await fetch(`${origin}/assets/style.css`)).headers.get('etag') ?? '';
    assert.equal((await get('/assets/style.css', { 'if-none-match': etag })).status, 304);
  });
});

describe('calling the other services', () => {
  it('does without one that has no address, fails or is too slow', async (t) => {
    const failing = createServer((_request, response) => void response.writeHead(500).end());
    const slow = createServer(() => {});
    t.after(() => [failing, slow].map((server) => server.close().closeAllConnections()));
    for (const at of [undefined, await listen(failing), await listen(slow)]) {
      const services = connect({ catalog: at, recommendations: at });
      const [products, skus] = await Promise.all([
        services.products(undefined),
        services.recommendations('pine-key', undefined),
      ]);
      assert.equal(products, undefined);
      assert.deepEqual(skus, []);
    }
  });
});
