import { type Assets, assetAnswer } from './assets.ts';
import { cartCookie, cartLines, countPieces, parseCart, setQuantity } from './cart.ts';
import { cartPage } from './pages/cart.ts';
import { failurePage } from './pages/failure.ts';
import { homePage } from './pages/home.ts';
import { orderPage } from './pages/order.ts';
import { productPage } from './pages/product.ts';
import { picture } from './picture/picture.ts';
import { type Answer, type Call, type Route, route } from './server.ts';
import type { Product, Services, Trace } from './services.ts';

export function routes({ services, assets }: { services: Services; assets: Assets }): readonly Route[] {
  return [
    route('GET', '/', async ({ headers }) => {
      const products = await services.products(traceOf(headers));
      if (products === undefined) return failurePage(503);
      return homePage({ products, pieces: countPieces(parseCart(headers.cookie)) });
    }),

    route('GET', '/products/:sku', async ({ params, headers }) => {
      const { products, suggested } = await browse(services, params.sku, traceOf(headers));
      if (products === undefined) return failurePage(503);
      const product = products.find(({ sku }) => sku === params.sku);
      if (product === undefined) return failurePage(404);
      return productPage({ product, suggested, pieces: countPieces(parseCart(headers.cookie)) });
    }),

    route('GET', '/cart', async ({ headers }) => {
      const cart = parseCart(headers.cookie);
      const { products, suggested } = await browse(services, cart.keys().next().value, traceOf(headers));
      if (products === undefined) return failurePage(503);
      return cartPage({
        lines: cartLines(cart, products),
        suggested: suggested.filter(({ sku }) => !cart.has(sku)),
        pieces: countPieces(cart),
      });
    }),

    // `add` puts more in, `quantity` says how many it shall be.
    route('POST', '/cart', async ({ headers, form }) => {
      const cart = parseCart(headers.cookie);
      const fields = await form();
      const sku = fields.get('sku') ?? '';
      const quantity = fields.has('add')
        ? (cart.get(sku) ?? 0) + Number(fields.get('add'))
        : Number(fields.get('quantity'));
      return {
        status: 303,
        headers: { location: '/cart', 'set-cookie': cartCookie(setQuantity(cart, sku, quantity)) },
        body: '',
      };
    }),

    route('DELETE', '/cart', () => ({ status: 204, headers: { 'set-cookie': cartCookie(new Map()) }, body: '' })),

    route('GET', '/orders/:id', ({ params, headers }) =>
      orderPage({ id: params.id ?? '', pieces: countPieces(parseCart(headers.cookie)) }),
    ),

    route('GET', '/pictures/:sku.svg', ({ params }) => ({
      status: 200,
      headers: { 'content-type': 'image/svg+xml; charset=utf-8', 'cache-control': 'max-age=3600' },
      body: picture(params.sku ?? '').text,
    })),
    route(
      'GET',
      '/assets/:name',
      ({ params, headers }) => assetAnswer(assets, params.name ?? '', headers['if-none-match']) ?? failurePage(404),
    ),

    route('GET', '/livez', () => json({ status: 'live' })),
    // Ready without its services: a page that says what is missing is better than none.
    route('GET', '/readyz', () => json({ status: 'ready' })),
  ];
}

/** The products, and those of them that go with a sku. Both are asked for at once. */
async function browse(services: Services, sku: string | undefined, trace: Trace) {
  const [products, skus] = await Promise.all([
    services.products(trace),
    sku === undefined ? [] : services.recommendations(sku, trace),
  ]);
  const suggested = skus.flatMap(
    (wanted): readonly Product[] => products?.filter((product) => product.sku === wanted) ?? [],
  );
  return { products, suggested };
}

function traceOf(headers: Call['headers']): Trace {
  return headers.traceparent?.toString();
}

function json(body: unknown): Answer {
  return { status: 200, headers: { 'content-type': 'application/json; charset=utf-8' }, body: JSON.stringify(body) };
}
