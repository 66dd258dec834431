/** An order goes one way: placing → confirmed or refused. What is settled never changes. */

export type Line = { readonly sku: string; readonly quantity: number };
export type OrderItem = Line & { readonly name: string; readonly priceCents: number };

export type Shipment = {
  readonly carrier: string;
  readonly service: string;
  readonly costCents: number;
  readonly etaDays: number;
  readonly tracking: string;
};

export type Confirmed = {
  readonly status: 'confirmed';
  /** What the card is charged. Shipping is included in the prices: `shipping.costCents` is the shop's own cost. */
  readonly totalCents: number;
  readonly items: readonly OrderItem[];
  /** `pending` when payments could not say: it is to be collected later. */
  readonly payment: 'authorized' | 'pending';
  /** `null` when shipping could not say: it is to be booked later. */
  readonly shipping: Shipment | null;
};

export type RefusalCode = 'unknown_sku' | 'out_of_stock' | 'card_declined' | 'abandoned';
export type Refused = { readonly status: 'refused'; readonly code: RefusalCode; readonly message: string };

export type Outcome = Confirmed | Refused;

export type Order = {
  readonly id: string;
  readonly fingerprint: string;
  readonly lines: readonly Line[];
  readonly state: { readonly status: 'placing' } | Outcome;
};

export const ABANDONED: Refused = {
  status: 'refused',
  code: 'abandoned',
  message: 'This attempt was given up. Order anew, with another Idempotency-Key.',
};
