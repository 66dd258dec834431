CREATE TABLE orders (
  id          uuid PRIMARY KEY,
  -- The Idempotency-Key itself is not kept, only its hash: see src/order-request.ts.
  key_hash    bytea UNIQUE,
  fingerprint bytea NOT NULL,
  lines       jsonb NOT NULL,
  status      text NOT NULL DEFAULT 'placing' CHECK (status IN ('placing', 'confirmed', 'refused')),
  -- How a settled order came out: {totalCents, items, payment, shipping} or {code, message}.
  outcome     jsonb CHECK ((outcome IS NULL) = (status = 'placing')),
  -- A refused order owes the other services an undo, until they have confirmed it.
  undo_owed   boolean NOT NULL DEFAULT false,
  created_at  timestamptz NOT NULL DEFAULT now()
);

-- What the sweep looks for. Settled orders, which are nearly all, are not in this index.
CREATE INDEX orders_unfinished ON orders (created_at) WHERE status = 'placing' OR undo_owed;
