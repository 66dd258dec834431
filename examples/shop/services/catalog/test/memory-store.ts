import { decide, type Line, type Product, type Reservation } from '../src/reservation.ts';
import type { Store } from '../src/store.ts';

/** A store for tests, which passes the same suite as PostgreSQL. One thread and no `await`: nothing can interleave. */
export function createMemoryStore(initial: readonly Product[]): Store {
  const products = new Map(initial.map((product) => [product.sku, product]));
  const reservations = new Map<string, Reservation>();

  const addStock = (lines: readonly Line[], sign: 1 | -1) => {
    for (const { sku, quantity } of lines) {
      const product = products.get(sku)!;
      products.set(sku, { ...product, stock: product.stock + sign * quantity });
    }
  };

  return {
    async ready() {},
    async products() {
      return [...products.values()].sort((a, b) => a.name.localeCompare(b.name));
    },
    async product(sku) {
      return products.get(sku);
    },
    async reserve(orderId, lines) {
      const earlier = reservations.get(orderId);
      const result = decide(lines, earlier, products);
      if (earlier === undefined && result.status === 'held') {
        addStock(result.lines, -1);
        reservations.set(orderId, result);
      }
      return result;
    },
    async release(orderId) {
      const earlier = reservations.get(orderId);
      if (earlier?.status === 'held') addStock(earlier.lines, 1);
      reservations.set(orderId, { status: 'released' });
    },
    async close() {},
  };
}
