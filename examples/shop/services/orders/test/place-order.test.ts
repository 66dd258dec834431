import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, it } from 'node:test';
import { parseOrderRequest } from '../src/order-request.ts';
import { placeOrder } from '../src/place-order.ts';
import { sweep } from '../src/sweep.ts';
import { FakeServices } from './fake-services.ts';
import { createMemoryStore } from './memory-store.ts';

const CARD = '4242 4242 4242 4242';
const DECLINED_CARD = '4000 0000 0000 0002';
const signal = new AbortController().signal;

describe('placing an order', () => {
  let services: FakeServices;
  let shop: Parameters<typeof placeOrder>[0];
  beforeEach(() => {
    services = new FakeServices();
    shop = { store: createMemoryStore(), services, newId: randomUUID };
  });

  const place = ({ quantity = 2, card = CARD, key }: { quantity?: number; card?: string; key?: string } = {}) =>
    placeOrder(shop, parseOrderRequest({ items: [{ sku: 'skerry', quantity }], card }, key), undefined);

  it('takes the stock, the money and the parcel', async () => {
    const { id, ...outcome } = await place();
    assert.deepEqual(outcome, {
      status: 'confirmed',
      totalCents: 2000,
      items: [{ sku: 'skerry', name: 'skerry', quantity: 2, priceCents: 1000 }],
      payment: 'authorized',
      shipping: { carrier: 'Ferry', service: 'slow', costCents: 400, etaDays: 3, tracking: id.slice(0, 8) },
    });
    assert.equal(services.stock, 8);
  });

  it('gives a replay the first answer, and takes nothing more', async () => {
    const first = await place({ key: 'key-1' });
    services.payments = 'down';
    assert.deepEqual(await place({ key: 'key-1' }), first);
    assert.equal(services.stock, 8);
  });

  it('tells clients who ask at once with one key the same, and takes the stock once', async () => {
    const orders = await Promise.all(Array.from({ length: 10 }, () => place({ key: 'key-1' })));
    for (const order of orders) assert.deepEqual(order, orders[0]);
    assert.equal(services.stock, 8);
    assert.equal(services.authorized, 1);
  });

  it('refuses a key that was used for another order', async () => {
    await place({ key: 'key-1' });
    await assert.rejects(place({ key: 'key-1', quantity: 3 }), { status: 422, code: 'key_reused' });
  });

  it('takes the order without payments and without shipping', async () => {
    services.payments = 'down';
    services.shipping = 'down';
    const order = await place();
    assert.equal(order.status === 'confirmed' && order.payment, 'pending');
    assert.equal(order.status === 'confirmed' && order.shipping, null);
  });

  it('gives the stock back when the card is declined, and tells a replay so too', async () => {
    for (const attempt of [
      await place({ card: DECLINED_CARD, key: 'key-1' }),
      await place({ card: DECLINED_CARD, key: 'key-1' }),
    ]) {
      assert.equal(attempt.status === 'refused' && attempt.code, 'card_declined');
    }
    assert.equal(services.stock, 10);
  });

  it('goes on where a crash after the reservation cut it off', async () => {
    services.afterReserve = () => Promise.reject(new Error('killed'));
    await assert.rejects(place({ key: 'key-1' }));
    services.afterReserve = async () => {};
    assert.equal((await place({ key: 'key-1' })).status, 'confirmed');
    assert.equal(services.stock, 8);
  });

  it('gives the stock of an order back whose client never returns', async () => {
    services.afterReserve = () => Promise.reject(new Error('killed'));
    await assert.rejects(place({ key: 'key-1' }));
    assert.equal(services.stock, 8);
    await sweep(shop, { signal, abandonAfterMs: 0 });
    assert.equal(services.stock, 10);
    const late = await place({ key: 'key-1' });
    assert.equal(late.status === 'refused' && late.code, 'abandoned');
  });

  it('does not sell what was abandoned while it was being placed', async () => {
    services.afterReserve = () => sweep(shop, { signal, abandonAfterMs: 0 });
    const order = await place();
    assert.equal(order.status === 'refused' && order.code, 'abandoned');
    assert.equal(services.stock, 10);
    assert.equal(services.authorized, 0);
  });

  it('repeats an undo until it is confirmed', async () => {
    services.afterReserve = async () => {
      services.catalog = 'down';
    };
    await place({ card: DECLINED_CARD });
    assert.equal(services.stock, 8);
    services.catalog = 'up';
    await sweep(shop, { signal });
    assert.equal(services.stock, 10);
    assert.deepEqual(await shop.store.undoOwed({ limit: 10 }), []);
  });
});
