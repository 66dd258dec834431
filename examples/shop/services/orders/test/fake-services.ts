import type { Line } from '../src/order.ts';
import { Problem } from '../src/problem.ts';
import type { Services } from '../src/services.ts';

/** The other services in memory: each does its part once per order, as the real ones do. Prices are 1000 each. */
export class FakeServices implements Services {
  stock = 10;
  catalog: 'up' | 'down' = 'up';
  payments: 'up' | 'down' = 'up';
  shipping: 'up' | 'down' = 'up';
  /** Called between the reservation and its answer: the place to cut an order. */
  afterReserve: () => Promise<void> = async () => {};

  readonly #held = new Map<string, number>();
  readonly #released = new Set<string>();
  readonly #authorized = new Set<string>();

  get authorized(): number {
    return this.#authorized.size;
  }

  async reserve(orderId: string, lines: readonly Line[]) {
    if (this.catalog === 'down') throw new Problem(503, 'catalog_unavailable', 'down');
    if (this.#released.has(orderId)) return { status: 'refused', code: 'abandoned', message: 'released' } as const;
    const pieces = lines.reduce((sum, { quantity }) => sum + quantity, 0);
    if (!this.#held.has(orderId)) {
      if (this.stock < pieces) return { status: 'refused', code: 'out_of_stock', message: 'short' } as const;
      this.stock -= pieces;
      this.#held.set(orderId, pieces);
    }
    await this.afterReserve();
    const items = lines.map((line) => ({ ...line, name: line.sku, priceCents: 1000 }));
    return { status: 'held', totalCents: pieces * 1000, items } as const;
  }

  async authorize({ orderId, card }: { orderId: string; card: string }) {
    if (this.payments === 'down') return 'pending';
    if (card.endsWith('0002')) return 'declined';
    this.#authorized.add(orderId);
    return 'authorized';
  }

  async ship({ orderId }: { orderId: string }) {
    if (this.shipping === 'down') return null;
    return { carrier: 'Ferry', service: 'slow', costCents: 400, etaDays: 3, tracking: orderId.slice(0, 8) };
  }

  async undo(orderId: string) {
    if (this.catalog === 'down') throw new Error('down');
    this.#released.add(orderId);
    this.#authorized.delete(orderId);
    this.stock += this.#held.get(orderId) ?? 0;
    this.#held.delete(orderId);
  }
}
