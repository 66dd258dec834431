/**
 * Placing an order
 *
 * An order touches four services and no transaction spans them. It can be cut at any point: this process is killed, a
 * call times out after it took effect, the client gives up and asks again, two clients ask at once with one key. The
 * stock must then be taken once, the card authorised once, and every client told the same.
 *
 * A lock around it all would have to be held over the calls, and would outlive a killed process. Instead:
 *
 * 1. Claim. The order's id is stored, under the Idempotency-Key, before anything else happens. Whoever comes with the
 *    same key gets the same id.
 * 2. Decide. Each service is called with that id, and does its part once per id. So whoever finds an order still in
 *    placing — after a crash, or beside another client — walks the same steps again, and nothing happens twice.
 * 3. Settle. The first to write an outcome wins. The others throw theirs away and answer with the one that is stored.
 * 4. Undo. A refused order gives back stock and money. That it owes this is stored with the outcome, in one statement;
 *    the sweep repeats the undo until it is confirmed. It comes after settling, never before: only an outcome that
 *    has won may be acted on. And it is remembered by the others, so a step that is still on its way comes too late.
 *
 * An order whose client never returns stays in placing; the sweep then settles it as abandoned, as in 3 and 4.
 */
import { log } from './log.ts';
import type { Order, Outcome } from './order.ts';
import type { OrderRequest } from './order-request.ts';
import { Problem } from './problem.ts';
import type { Services, Trace } from './services.ts';
import type { Store } from './store.ts';

export type Shop = { readonly store: Store; readonly services: Services; readonly newId: () => string };

/** Gives the settled outcome of the order; throws when it cannot be settled now, and may be tried again. */
export async function placeOrder(shop: Shop, request: OrderRequest, trace: Trace): Promise<Outcome & { id: string }> {
  const order = await shop.store.claim(shop.newId(), request);
  if (order.fingerprint !== request.fingerprint) {
    throw new Problem(422, 'key_reused', 'This Idempotency-Key was used for another order.');
  }
  if (order.state.status !== 'placing') return { id: order.id, ...order.state };

  const outcome = await decide(shop.services, order, request.card, trace);
  const { state } = await shop.store.settle(order.id, outcome);
  if (state.status === 'placing') throw new Error(`order ${order.id} is still in placing after it was settled`);
  if (state.status === 'refused') await undo(shop, order.id, trace);
  return { id: order.id, ...state };
}

async function decide(services: Services, order: Order, card: string, trace: Trace): Promise<Outcome> {
  const reserved = await services.reserve(order.id, order.lines, trace);
  if (reserved.status === 'refused') return reserved;

  const { totalCents, items } = reserved;
  const payment = await services.authorize({ orderId: order.id, amountCents: totalCents, card }, trace);
  if (payment === 'declined') return { status: 'refused', code: 'card_declined', message: 'The card was declined.' };

  const pieces = items.reduce((sum, { quantity }) => sum + quantity, 0);
  const shipping = await services.ship({ orderId: order.id, pieces }, trace);
  return { status: 'confirmed', totalCents, items, payment, shipping };
}

/** Pays what a refused order owes. A failure is not the client's concern: the sweep comes back to it. */
export async function undo({ store, services }: Shop, orderId: string, trace: Trace): Promise<void> {
  try {
    await services.undo(orderId, trace);
    await store.undone(orderId);
  } catch (error) {
    log('warn', 'undo failed', { orderId, error: error instanceof Error ? error.message : String(error) });
  }
}
