import type { Line, OrderItem, RefusalCode, Shipment } from './order.ts';

/** The trace which a call belongs to: the `traceparent` header of W3C Trace Context, passed on as it came. */
export type Trace = string | undefined;

export type Reserved =
  | { readonly status: 'held'; readonly totalCents: number; readonly items: readonly OrderItem[] }
  | { readonly status: 'refused'; readonly code: RefusalCode; readonly message: string };

/**
 * The services that an order needs, as orders sees them. Every operation is keyed by the order's id and idempotent.
 * An undo also holds for a request of the same order which is still on its way.
 */
export interface Services {
  /** Throws 503 when the catalog cannot be reached: without stock there is no order. */
  reserve(orderId: string, lines: readonly Line[], trace: Trace): Promise<Reserved>;
  /** `pending` when payments cannot be reached, or is not there. */
  authorize(
    payment: { orderId: string; amountCents: number; card: string },
    trace: Trace,
  ): Promise<'authorized' | 'declined' | 'pending'>;
  /** `null` when shipping cannot be reached, or is not there. */
  ship(shipment: { orderId: string; pieces: number }, trace: Trace): Promise<Shipment | null>;
  /** Gives stock and money back. Throws until every service has confirmed it. */
  undo(orderId: string, trace: Trace): Promise<void>;
}
