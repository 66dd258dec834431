import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Product } from '../src/reservation.ts';
import type { Store } from '../src/store.ts';

export const SKERRY: Product = { sku: 'skerry', name: 'Skerry', priceCents: 3200, stock: 5 };
export const ATOLL: Product = { sku: 'atoll', name: 'Atoll', priceCents: 1500, stock: 2 };

/** How every store behaves. `open` gives a fresh store which holds exactly the products given. */
export function storeSuite(name: string, open: (products: readonly Product[]) => Promise<Store>): void {
  describe(name, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open([SKERRY, ATOLL]);
    });
    afterEach(() => store.close());

    const stock = async (sku: string) => (await store.product(sku))?.stock;

    it('lists the products by name', async () => {
      assert.deepEqual(await store.products(), [ATOLL, SKERRY]);
    });

    it('takes the stock of an order once, however often it is asked', async () => {
      const first = await store.reserve('order-1', [{ sku: 'skerry', quantity: 2 }]);
      const second = await store.reserve('order-1', [{ sku: 'skerry', quantity: 2 }]);
      assert.deepEqual(first, {
        status: 'held',
        lines: [{ sku: 'skerry', name: 'Skerry', quantity: 2, priceCents: 3200 }],
      });
      assert.deepEqual(second.status === 'held' && second.lines, first.status === 'held' && first.lines);
      assert.equal(await stock('skerry'), 3);
    });

    it('takes nothing when one line is short', async () => {
      const lines = [
        { sku: 'skerry', quantity: 1 },
        { sku: 'atoll', quantity: 3 },
      ];
      assert.deepEqual(await store.reserve('order-1', lines), { status: 'out-of-stock', sku: 'atoll', left: 2 });
      assert.equal(await stock('skerry'), 5);
    });

    it('names the sku that it does not know', async () => {
      const result = await store.reserve('order-1', [{ sku: 'nowhere', quantity: 1 }]);
      assert.deepEqual(result, { status: 'unknown-sku', sku: 'nowhere' });
    });

    it('refuses other items for an order that has reserved', async () => {
      await store.reserve('order-1', [{ sku: 'skerry', quantity: 2 }]);
      assert.deepEqual(await store.reserve('order-1', [{ sku: 'skerry', quantity: 1 }]), { status: 'different' });
    });

    it('gives the stock back once, however often it is released', async () => {
      await store.reserve('order-1', [{ sku: 'skerry', quantity: 2 }]);
      await store.release('order-1');
      await store.release('order-1');
      assert.equal(await stock('skerry'), 5);
    });

    it('keeps an order released when its reserve arrives after its release', async () => {
      await store.release('order-1');
      assert.equal((await store.reserve('order-1', [{ sku: 'skerry', quantity: 2 }])).status, 'released');
      assert.equal(await stock('skerry'), 5);
    });

    it('never sells more than it has when many orders arrive at once', async () => {
      const orders = Array.from({ length: 20 }, (_, index) => {
        const both = [
          { sku: 'skerry', quantity: 1 },
          { sku: 'atoll', quantity: 1 },
        ];
        return store.reserve(`order-${index}`, index % 2 === 0 ? both : both.toReversed());
      });
      const held = (await Promise.all(orders)).filter(({ status }) => status === 'held');
      assert.equal(held.length, ATOLL.stock);
      assert.equal(await stock('atoll'), 0);
      assert.equal(await stock('skerry'), SKERRY.stock - ATOLL.stock);
    });

    it('reserves once when one order is asked for many times at once', async () => {
      const results = await Promise.all(
        Array.from({ length: 10 }, () => store.reserve('order-1', [{ sku: 'skerry', quantity: 2 }])),
      );
      assert.ok(results.every(({ status }) => status === 'held'));
      assert.equal(await stock('skerry'), 3);
    });
  });
}
