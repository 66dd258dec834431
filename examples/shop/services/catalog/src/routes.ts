import { Problem } from './problem.ts';
import { parseLines, type ReserveResult } from './reservation.ts';
import { type Answer, type Route, route } from './server.ts';
import type { Store } from './store.ts';

export function routes(store: Store): readonly Route[] {
  return [
    // Public, below the exposed prefix.
    route('GET', '/api/catalog/products', async () => ({ status: 200, body: { products: await store.products() } })),
    route('GET', '/api/catalog/products/:sku', async ({ params }) => {
      const product = await store.product(params.sku ?? '');
      if (product === undefined) throw new Problem(404, 'unknown_sku', `There is no product ${params.sku}.`);
      return { status: 200, body: product };
    }),

    // For the other services only: the gateway passes on nothing but /api/catalog.
    route('PUT', '/reservations/:order', async ({ params, json }) =>
      answer(await store.reserve(params.order ?? '', parseLines(await json()))),
    ),
    route('DELETE', '/reservations/:order', async ({ params }) => {
      await store.release(params.order ?? '');
      return { status: 204 };
    }),

    route('GET', '/livez', () => ({ status: 200, body: { status: 'live' } })),
    route('GET', '/readyz', async () => {
      await store.ready().catch((cause: unknown) => {
        throw Object.assign(new Problem(503, 'not_ready', 'The database does not answer.'), { cause });
      });
      return { status: 200, body: { status: 'ready' } };
    }),
  ];
}

function answer(result: ReserveResult): Answer {
  switch (result.status) {
    case 'held': {
      const totalCents = result.lines.reduce((sum, { quantity, priceCents }) => sum + quantity * priceCents, 0);
      return { status: 200, body: { status: 'held', totalCents, items: result.lines } };
    }
    case 'unknown-sku':
      throw new Problem(404, 'unknown_sku', `There is no product ${result.sku}.`);
    case 'out-of-stock':
      throw new Problem(409, 'out_of_stock', `Only ${result.left} of ${result.sku} left.`);
    case 'released':
      throw new Problem(410, 'released', 'The reservation of this order was released.');
    case 'different':
      throw new Problem(422, 'different_items', 'This order has already reserved other items.');
  }
}
