-- One row per order, kept for good: it is what makes a repeated reserve or release harmless.
CREATE TABLE reservations (
  order_id   text PRIMARY KEY,
  status     text NOT NULL CHECK (status IN ('held', 'released')),
  -- [{sku, name, quantity, priceCents}] as they were when reserved: a later price change does not touch the order.
  lines      jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
