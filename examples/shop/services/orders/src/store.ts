import type { Order, Outcome } from './order.ts';
import type { OrderRequest } from './order-request.ts';

/** What orders keeps. `test/store.suite.ts` says how every implementation behaves. */
export interface Store {
  /** Resolves when the store can answer. */
  ready(): Promise<void>;
  /** Begins an order under `id`, or gives the one which was already begun under the same key. */
  claim(id: string, request: OrderRequest): Promise<Order>;
  find(id: string): Promise<Order | undefined>;
  /** Settles an order which is still being placed, and gives the order as settled: by this call or by an earlier one. */
  settle(id: string, outcome: Outcome): Promise<Order>;
  /** Refuses every order which has been in placing for longer than this. */
  abandon(options: { afterMs: number }): Promise<void>;
  /** Refused orders whose undo the other services have not yet confirmed, oldest first. */
  undoOwed(options: { limit: number }): Promise<readonly string[]>;
  undone(id: string): Promise<void>;
  close(): Promise<void>;
}
