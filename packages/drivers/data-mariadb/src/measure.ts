import { SLOW, type StoreMeasures, shareOf } from '@islet/driver';
import type { RowDataPacket } from 'mysql2/promise';
import { ADMIN, asAdmin, READER, withConnection } from './connect.ts';
import type { StartedMariadb } from './record.ts';

const STATUS = ['THREADS_CONNECTED', 'HANDLER_COMMIT', 'INNODB_BUFFER_POOL_READ_REQUESTS', 'INNODB_BUFFER_POOL_READS'];

export async function measureMariadb(started: StartedMariadb, signal: AbortSignal): Promise<StoreMeasures> {
  return withConnection(asAdmin(started), signal, async (connection) => {
    const rowsOf = async (sql: string, values: readonly unknown[] = []) =>
      (await connection.query<RowDataPacket[]>(sql, [...values]))[0];
    const [server] = await rowsOf('SELECT VERSION() AS version, @@max_connections AS most');
    const [size] = await rowsOf(
      'SELECT SUM(DATA_LENGTH + INDEX_LENGTH) AS bytes FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?',
      [started.name],
    );
    const counted = await rowsOf(
      'SELECT VARIABLE_NAME AS name, VARIABLE_VALUE AS value FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME IN (?)',
      [STATUS],
    );
    const counts = new Map(counted.map(({ name, value }) => [String(name), Number(value)]));
    const [open = 0, commits = 0, requests = 0, reads = 0] = STATUS.map((name) => counts.get(name));
    const slow = await rowsOf(
      `SELECT TIME_MS AS ms, LEFT(INFO, ${SLOW.textLength}) AS text FROM information_schema.PROCESSLIST
       WHERE COMMAND = 'Query' AND USER NOT IN (?) AND TIME_MS > ${SLOW.ms} ORDER BY TIME_MS DESC LIMIT ${SLOW.most}`,
      [[ADMIN, READER]],
    );
    return {
      version: String(server?.version).split('-')[0] ?? '',
      bytes: Number(size?.bytes ?? 0),
      // The one that asks is not counted.
      connections: { open: open - 1, most: Number(server?.most) },
      commits,
      cacheHits: shareOf(Math.max(0, requests - reads), reads),
      slow: slow.map(({ ms, text }) => ({ forMs: Math.round(Number(ms)), text: String(text) })),
    };
  });
}
