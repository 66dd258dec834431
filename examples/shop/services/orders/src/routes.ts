import type { Outcome, RefusalCode } from './order.ts';
import { parseOrderRequest } from './order-request.ts';
import { placeOrder, type Shop } from './place-order.ts';
import { Problem } from './problem.ts';
import { type Answer, type Call, type Route, route } from './server.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const STATUS: Readonly<Record<RefusalCode, number>> = {
  card_declined: 402,
  out_of_stock: 409,
  abandoned: 409,
  unknown_sku: 422,
};

export function routes(shop: Shop): readonly Route[] {
  return [
    route('POST', '/api/orders', async ({ headers, json }) => {
      const request = parseOrderRequest(await json(), header(headers, 'idempotency-key'));
      return answer(await placeOrder(shop, request, header(headers, 'traceparent')));
    }),

    route('GET', '/api/orders/:id', async ({ params }) => {
      const id = params.id ?? '';
      const order = UUID.test(id) ? await shop.store.find(id) : undefined;
      if (order?.state.status !== 'confirmed') throw new Problem(404, 'unknown_order', `There is no order ${id}.`);
      return { status: 200, body: { id, ...order.state } };
    }),

    route('GET', '/livez', () => ({ status: 200, body: { status: 'live' } })),
    route('GET', '/readyz', async () => {
      await shop.store.ready().catch((cause: unknown) => {
        throw Object.assign(new Problem(503, 'not_ready', 'The database does not answer.'), { cause });
      });
      return { status: 200, body: { status: 'ready' } };
    }),
  ];
}

function header(headers: Call['headers'], name: 'idempotency-key' | 'traceparent'): string | undefined {
  return headers[name]?.toString();
}

/** A new order and its replay get the same answer: a client which lost the first need not know which one it is. */
function answer(outcome: Outcome & { id: string }): Answer {
  switch (outcome.status) {
    case 'confirmed':
      return { status: 201, body: outcome };
    case 'refused':
      throw new Problem(STATUS[outcome.code], outcome.code, outcome.message);
  }
}
