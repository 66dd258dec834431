/**
 * What stores count, by names that hold for every engine: so one chart shows all of them. Which engine it is stands
 * beside them, as OpenTelemetry's `db.system.name`. Units are UCUM's, as OpenTelemetry writes them.
 */
export const STORE_METRICS = {
  /** Of data: on disk; of Redis in memory. */
  'db.size': { kind: 'gauge', unit: 'By' },
  'db.memory.max': { kind: 'gauge', unit: 'By' },
  'db.connections': { kind: 'gauge', unit: '{connection}' },
  'db.connections.max': { kind: 'gauge', unit: '{connection}' },
  'db.commits': { kind: 'counter', unit: '{transaction}' },
  'db.rollbacks': { kind: 'counter', unit: '{transaction}' },
  'db.commands': { kind: 'counter', unit: '{command}' },
  'db.deadlocks': { kind: 'counter', unit: '{deadlock}' },
  /** Of what was read: pages, of Redis keys. */
  'db.cache.hits': { kind: 'counter', unit: '{read}' },
  'db.cache.misses': { kind: 'counter', unit: '{read}' },
  'db.rows.read': { kind: 'counter', unit: '{row}' },
  'db.rows.written': { kind: 'counter', unit: '{row}' },
  /** Written aside, because it did not fit into memory. */
  'db.temporary': { kind: 'counter', unit: 'By' },
  'db.wal': { kind: 'counter', unit: 'By' },
  /** Of the log, kept because somebody has not read it yet. */
  'db.wal.retained': { kind: 'gauge', unit: 'By' },
  'db.evictions': { kind: 'counter', unit: '{key}' },
  'db.slow': { kind: 'counter', unit: '{statement}' },
} as const satisfies Record<string, { readonly kind: 'counter' | 'gauge'; readonly unit: string }>;

export type StoreMetricName = keyof typeof STORE_METRICS;

/** What one store has counted, and reads now; an engine says what it knows. */
export type StoreMetrics = Partial<Readonly<Record<StoreMetricName, number>>>;
