INSERT INTO products (sku, name, price_cents, stock) VALUES
  ('amber-skerry',    'Amber Skerry',     3200, 120),
  ('beacon-rock',     'Beacon Rock',      4500,  80),
  ('coral-cay',       'Coral Cay',        3800, 200),
  ('dusk-atoll',      'Dusk Atoll',       4200,  60),
  ('fisher-holm',     'Fisher’s Holm',    3600, 150),
  ('frost-isle',      'Frost Isle',       5200,  40),
  ('harbour-light',   'Harbour Light',    4800,  75),
  ('midnight-ait',    'Midnight Ait',     5600,  30),
  ('moss-inch',       'Moss Inch',        2900, 180),
  ('pine-key',        'Pine Key',         3400, 140),
  ('regatta-sound',   'Regatta Sound',    3900, 110),
  ('last-light',      'Last Light',       7400,   3);
