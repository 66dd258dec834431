import { SLOW, type StoreMeasures, shareOf } from '@islet/driver';
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
