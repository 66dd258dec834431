import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cartCookie, cartLines, countPieces, parseCart, setQuantity, totalCents } from '../src/cart.ts';

const PINE = { sku: 'pine-key', name: 'Pine Key', priceCents: 3400, stock: 9 };

describe('cart', () => {
  it('comes back from its cookie as it was', () => {
    const cart = setQuantity(setQuantity(new Map(), 'pine-key', 2), 'coral-cay', 99);
    assert.deepEqual(parseCart(`theme=dark; ${cartCookie(cart).split(';')[0]}`), cart);
  });

  for (const cookies of [
    undefined,
    '',
    'cart=',
    'cart=pine-key',
    'cart=pine-key.0',
    'cart=<b>.1',
    'cart=pine-key.100',
    'mycart=pine-key.1',
  ]) {
    it(`is empty when the cookies are ${cookies}`, () => assert.equal(parseCart(cookies).size, 0));
  }

  for (const [quantity, expected] of [
    [3, 3],
    [2.7, 2],
    [500, 99],
    [0, undefined],
    [-1, undefined],
    [Number.NaN, undefined],
  ] as const) {
    it(`holds ${expected ?? 'nothing'} when ${quantity} are asked for`, () => {
      assert.equal(setQuantity(new Map([['pine-key', 1]]), 'pine-key', quantity).get('pine-key'), expected);
    });
  }

  it('stays small enough for a cookie', () => {
    let cart = parseCart(undefined);
    for (let index = 0; index < 100; index++) cart = setQuantity(cart, `print-${index}`, 1);
    assert.equal(countPieces(cart), 20);
  });

  it('counts only products that still exist', () => {
    const lines = cartLines(parseCart('cart=pine-key.2~gone.5'), [PINE]);
    assert.deepEqual(lines, [{ product: PINE, quantity: 2 }]);
    assert.equal(totalCents(lines), 6800);
  });
});
