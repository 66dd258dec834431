import type { Line, Product, ReserveResult } from './reservation.ts';

/** What the catalog keeps. `test/store.suite.ts` says how every implementation behaves. */
export interface Store {
  /** Resolves when the store can answer. */
  ready(): Promise<void>;
  /** Every product, by name. */
  products(): Promise<readonly Product[]>;
  product(sku: string): Promise<Product | undefined>;
  /** Takes the stock of all lines or of none, once per order. */
  reserve(orderId: string, lines: readonly Line[]): Promise<ReserveResult>;
  /** Gives the stock back, once per order. An order never seen is remembered, so that it cannot reserve afterwards. */
  release(orderId: string): Promise<void>;
  close(): Promise<void>;
}
