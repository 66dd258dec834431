import type { StoreMetricName, StoreMetrics } from '@islet/driver';
import type { RowDataPacket } from 'mysql2/promise';
import { asAdmin, withConnection } from './connect.ts';
import type { StartedMariadb } from './record.ts';

/** The server's own names of what is counted; several are added up. */
const COUNTED = {
  'db.connections': ['THREADS_CONNECTED'],
  'db.commands': ['QUESTIONS'],
  'db.commits': ['HANDLER_COMMIT'],
  'db.rollbacks': ['HANDLER_ROLLBACK'],
  'db.deadlocks': ['INNODB_DEADLOCKS'],
  'db.cache.hits': ['INNODB_BUFFER_POOL_READ_REQUESTS'],
  'db.cache.misses': ['INNODB_BUFFER_POOL_READS'],
  'db.rows.read': ['INNODB_ROWS_READ'],
  'db.rows.written': ['INNODB_ROWS_INSERTED', 'INNODB_ROWS_UPDATED', 'INNODB_ROWS_DELETED'],
  'db.wal': ['INNODB_OS_LOG_WRITTEN'],
  'db.slow': ['SLOW_QUERIES'],
} as const satisfies Partial<Record<StoreMetricName, readonly string[]>>;

export async function metricsOfMariadb(started: StartedMariadb, signal: AbortSignal): Promise<StoreMetrics> {
  return withConnection(asAdmin(started), signal, async (connection) => {
    const [rows] = await connection.query<RowDataPacket[]>(
      `SELECT VARIABLE_NAME AS name, VARIABLE_VALUE AS value FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME IN (?)
       UNION ALL SELECT 'MOST', @@max_connections
       UNION ALL SELECT 'BYTES', SUM(DATA_LENGTH + INDEX_LENGTH) FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?`,
      [Object.values(COUNTED).flat(), started.name],
    );
    const values = new Map(rows.map(({ name, value }) => [String(name), Number(value ?? 0)]));
    const counted = Object.entries(COUNTED).flatMap(([name, parts]) =>
      // What this version of the server does not count, it says nothing of.
      parts.every((part) => values.has(part))
        ? [[name, parts.reduce((sum, part) => sum + (values.get(part) ?? 0), 0)] as const]
        : [],
    );
    const {
      'db.connections': open = 1,
      'db.cache.hits': requests = 0,
      'db.cache.misses': reads = 0,
      ...rest
    }: Record<string, number> = Object.fromEntries(counted);
    return {
      ...rest,
      'db.size': values.get('BYTES') ?? 0,
      // The one that asks is not counted; and of what was asked for, what was read from disk was no hit.
      'db.connections': Math.max(0, open - 1),
      'db.connections.max': values.get('MOST') ?? 0,
      'db.cache.hits': Math.max(0, requests - reads),
      'db.cache.misses': reads,
    };
  });
}
