CREATE TABLE authorizations (
  order_id     TEXT PRIMARY KEY,
  status       TEXT NOT NULL CHECK (status IN ('authorized', 'declined', 'voided')),
  -- Unknown when an order was voided before it was ever authorised.
  amount_cents INTEGER CHECK (amount_cents > 0),
  card_last4   TEXT CHECK (length(card_last4) = 4),
  created_at   TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
) STRICT;
