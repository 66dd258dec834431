import type { Product } from './services.ts';

/** What the visitor wants: quantities by sku, in the order in which they were added. */
export type Cart = ReadonlyMap<string, number>;

export type CartLine = { readonly product: Product; readonly quantity: number };

const MAX_LINES = 20;
const MAX_QUANTITY = 99;

/** Reads the cart from a Cookie header: `cart=amber-skerry.2~pine-key.1`. What makes no sense is left out. */
export function parseCart(cookies: string | undefined): Cart {
  const value = /(?:^|;\s*)cart=([a-z0-9.~-]*)/.exec(cookies ?? '')?.[1] ?? '';
  const entries = value.split('~').flatMap((entry): [string, number][] => {
    const [, sku = '', quantity] = /^([a-z0-9-]{1,64})\.(\d{1,2})$/.exec(entry) ?? [];
    return Number(quantity) > 0 ? [[sku, Number(quantity)]] : [];
  });
  return new Map(entries.slice(0, MAX_LINES));
}

/** Sets the quantity of a sku; 0 takes it out. */
export function setQuantity(cart: Cart, sku: string, quantity: number): Cart {
  const changed = new Map(cart);
  const whole = Math.min(MAX_QUANTITY, Math.trunc(quantity));
  if (whole > 0 && (changed.has(sku) || changed.size < MAX_LINES)) changed.set(sku, whole);
  else changed.delete(sku);
  return changed;
}

/** The cookie that carries the cart to the next request. */
export function cartCookie(cart: Cart): string {
  const value = [...cart].map(([sku, quantity]) => `${sku}.${quantity}`).join('~');
  return `cart=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${value === '' ? 0 : 30 * 86_400}`;
}

export function countPieces(cart: Cart): number {
  return [...cart.values()].reduce((sum, quantity) => sum + quantity, 0);
}

/** The lines whose product still exists. */
export function cartLines(cart: Cart, products: readonly Product[]): readonly CartLine[] {
  return [...cart].flatMap(([sku, quantity]) => {
    const product = products.find((candidate) => candidate.sku === sku);
    return product === undefined ? [] : [{ product, quantity }];
  });
}

export function totalCents(lines: readonly CartLine[]): number {
  return lines.reduce((sum, { product, quantity }) => sum + product.priceCents * quantity, 0);
}
