import { SLOW, type StoreMeasures, type StoreMetricName, type StoreMetrics, shareOf } from '@islet/driver';
import type { ClientConfig } from 'pg';
import { withClient } from './connect.ts';

const MEASURES = `
  SELECT current_setting('server_version') AS version, pg_database_size(datname) AS bytes,
    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()) AS open,
    current_setting('max_connections') AS most, xact_commit AS commits, blks_hit AS hits, blks_read AS reads
  FROM pg_stat_database WHERE datname = current_database()`;

const RUNNING = `
  SELECT extract(epoch FROM clock_timestamp() - query_start) * 1000 AS ms, left(query, ${SLOW.textLength}) AS text
  FROM pg_stat_activity
  WHERE state = 'active' AND backend_type = 'client backend' AND pid <> pg_backend_pid()
    AND query_start < clock_timestamp() - interval '${SLOW.ms} ms'
  ORDER BY query_start LIMIT ${SLOW.most}`;

/** Of the database that the configuration names. */
export async function measurePostgres(config: ClientConfig, signal: AbortSignal): Promise<StoreMeasures> {
  return withClient(config, signal, async (client) => {
    const { rows } = await client.query<Record<string, string>>(MEASURES);
    const running = await client.query<{ ms: string; text: string }>(RUNNING);
    const [{ version = '', bytes, open, most, commits, hits, reads } = {}] = rows;
    return {
      version: version.split(' ')[0] ?? version,
      bytes: Number(bytes),
      connections: { open: Number(open), most: Number(most) },
      commits: Number(commits),
      cacheHits: shareOf(Number(hits), Number(reads)),
      slow: running.rows.map(({ ms, text }) => ({ forMs: Math.round(Number(ms)), text })),
    };
  });
}

const NUMBERS = {
  'db.size': 'pg_database_size(datname)',
  'db.connections': 'greatest(numbackends - 1, 0)',
  'db.connections.max': "current_setting('max_connections')",
  'db.commits': 'xact_commit',
  'db.rollbacks': 'xact_rollback',
  'db.deadlocks': 'deadlocks',
  'db.cache.hits': 'blks_hit',
  'db.cache.misses': 'blks_read',
  'db.rows.read': 'tup_returned',
  'db.rows.written': 'tup_inserted + tup_updated + tup_deleted',
  'db.temporary': 'temp_bytes',
  'db.wal': "pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')",
  'db.wal.retained':
    '(SELECT coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)), 0) FROM pg_replication_slots)',
} as const satisfies Partial<Record<StoreMetricName, string>>;

const QUERY = `SELECT ${Object.entries(NUMBERS)
  .map(([name, sql]) => `${sql} AS "${name}"`)
  .join(', ')} FROM pg_stat_database WHERE datname = current_database()`;

/** One statement, every few seconds: what `db status` asks for once is more than a server should be asked for ever. */
export async function metricsOfPostgres(config: ClientConfig, signal: AbortSignal): Promise<StoreMetrics> {
  return withClient(config, signal, async (client) => {
    const { rows } = await client.query<Record<string, string>>(QUERY);
    return Object.fromEntries(Object.entries(rows[0] ?? {}).map(([name, value]) => [name, Number(value)]));
  });
}
