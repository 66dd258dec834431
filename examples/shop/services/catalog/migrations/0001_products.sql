CREATE TABLE products (
  sku         text PRIMARY KEY CHECK (sku ~ '^[a-z0-9-]{1,64}$'),
  name        text NOT NULL,
  -- Bounded so that the largest order that the shop accepts still fits an integer.
  price_cents integer NOT NULL CHECK (price_cents BETWEEN 1 AND 400000),
  stock       integer NOT NULL CHECK (stock >= 0)
);
