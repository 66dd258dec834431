import type { Connection, RowDataPacket } from 'mysql2/promise';
import { quoteName, type Where, withConnection } from '../connect.ts';

/** The engine's own check of every page, row and index of every table. Each finding is a sentence. */
export async function checkDatabase(admin: Where, name: string, signal: AbortSignal): Promise<readonly string[]> {
  return withConnection(admin, signal, async (connection) => {
    const findings: string[] = [];
    for (const table of await tablesOf(connection, name)) {
      const [rows] = await connection.query<RowDataPacket[]>(
        `CHECK TABLE ${quoteName(name)}.${quoteName(table)} EXTENDED`,
      );
      const bad = rows.filter(({ Msg_type: kind, Msg_text: text }) => kind !== 'status' || text !== 'OK');
      findings.push(...bad.filter(({ Msg_type }) => Msg_type !== 'note').map((row) => `${table}: ${row.Msg_text}`));
    }
    return findings;
  });
}

/** Rows of every table of the service's, as of one moment. */
export async function countRows(admin: Where, name: string, signal: AbortSignal): Promise<Record<string, number>> {
  return withConnection(admin, signal, async (connection) => {
    await connection.query('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
    const counts: Record<string, number> = {};
    for (const table of await tablesOf(connection, name)) {
      const [rows] = await connection.query<RowDataPacket[]>(
        `SELECT COUNT(*) AS n FROM ${quoteName(name)}.${quoteName(table)}`,
      );
      counts[table] = Number(rows[0]?.n);
    }
    return counts;
  });
}

/** The first value of the first row, as text; the query can't write. Instants are in UTC, as the server's clock is. */
export async function askDatabase(reader: Where, query: string, signal: AbortSignal): Promise<string | undefined> {
  return withConnection(reader, signal, async (connection) => {
    await connection.query('SET SESSION TRANSACTION READ ONLY');
    const [rows, fields] = await connection.query<RowDataPacket[][]>({ sql: query, rowsAsArray: true });
    const value: unknown = rows[0]?.[0];
    if (value === undefined || value === null) return undefined;
    return INSTANTS.has(fields[0]?.columnType ?? -1) ? `${String(value).replace(' ', 'T')}Z` : String(value);
  });
}

/** TIMESTAMP and DATETIME, in the protocol's numbers. */
const INSTANTS: ReadonlySet<number> = new Set([7, 12]);

async function tablesOf(connection: Connection, name: string): Promise<readonly string[]> {
  const [rows] = await connection.query<RowDataPacket[]>(
    "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_TYPE = 'BASE TABLE' ORDER BY 1",
    [name],
  );
  return rows.map(({ name: table }) => String(table));
}
