import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Confirmed, Refused } from '../src/order.ts';
import { parseOrderRequest } from '../src/order-request.ts';
import type { Store } from '../src/store.ts';

const BODY = { items: [{ sku: 'skerry', quantity: 2 }], card: '4242424242424242' };
const CONFIRMED: Confirmed = {
  status: 'confirmed',
  totalCents: 6400,
  items: [{ sku: 'skerry', name: 'Skerry', quantity: 2, priceCents: 3200 }],
  payment: 'authorized',
  shipping: null,
};
const REFUSED: Refused = { status: 'refused', code: 'card_declined', message: 'The card was declined.' };

/** How every store behaves. `open` gives an empty one. */
export function storeSuite(name: string, open: () => Promise<Store>): void {
  describe(name, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    const claim = (key?: string) => store.claim(randomUUID(), parseOrderRequest(BODY, key));

    it('begins one order per key, also when many ask at once', async () => {
      const orders = await Promise.all(Array.from({ length: 10 }, () => claim('key-1')));
      assert.equal(new Set(orders.map(({ id }) => id)).size, 1);
      assert.deepEqual(orders[0]!.state, { status: 'placing' });
      assert.deepEqual(orders[0]!.lines, BODY.items);
    });

    it('begins an order for each request without a key', async () => {
      assert.notEqual((await claim()).id, (await claim()).id);
    });

    it('keeps the first outcome, whatever comes later', async () => {
      const { id } = await claim();
      const [first, second] = [await store.settle(id, CONFIRMED), await store.settle(id, REFUSED)];
      assert.deepEqual(first.state, CONFIRMED);
      assert.deepEqual(second.state, CONFIRMED);
      assert.deepEqual((await store.find(id))?.state, CONFIRMED);
    });

    it('owes an undo for a refused order until it is done, and none for a confirmed one', async () => {
      const [refused, confirmed] = [await claim(), await claim()];
      await store.settle(refused.id, REFUSED);
      await store.settle(confirmed.id, CONFIRMED);
      assert.deepEqual(await store.undoOwed({ limit: 10 }), [refused.id]);
      await store.undone(refused.id);
      assert.deepEqual(await store.undoOwed({ limit: 10 }), []);
    });

    it('abandons what was in placing for too long, and owes its undo', async () => {
      const { id } = await claim();
      await store.abandon({ afterMs: 60_000 });
      assert.equal((await store.find(id))?.state.status, 'placing');
      await store.abandon({ afterMs: 0 });
      assert.equal((await store.find(id))?.state.status, 'refused');
      assert.deepEqual(await store.undoOwed({ limit: 10 }), [id]);
    });
  });
}
