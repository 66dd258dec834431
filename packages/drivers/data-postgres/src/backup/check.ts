import { type Client, type ClientConfig, DatabaseError } from 'pg';
import { withClient } from '../connect.ts';
import { quoteName } from '../names.ts';

/**
 * What `pg_amcheck --heapallindexed` does, with PostgreSQL's own `amcheck`: every page of every table is read (and its
 * checksum with it), its rows are held against what the log of transactions knows, and every row is looked up in each of
 * its B-trees. Each finding is a sentence.
 */
export async function checkDatabase(config: ClientConfig, signal: AbortSignal): Promise<readonly string[]> {
  return withClient({ ...config, statement_timeout: 0 }, signal, async (client) => {
    const findings: string[] = [];
    await client.query('BEGIN');
    await client.query('CREATE EXTENSION IF NOT EXISTS amcheck');
    for (const { name, kind } of await relationsOf(client)) {
      await client.query('SAVEPOINT one');
      try {
        findings.push(...(kind === 'index' ? await checkIndex(client, name) : await checkTable(client, name)));
        await client.query('RELEASE one');
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof DatabaseError)) throw error;
        findings.push(`${name}: ${error.message}`);
        await client.query('ROLLBACK TO one');
      }
    }
    // The extension was for the check alone.
    await client.query('ROLLBACK');
    return findings;
  });
}

interface Relation {
  readonly name: string;
  readonly kind: 'table' | 'index';
}

async function relationsOf(client: Client): Promise<readonly Relation[]> {
  const { rows } = await client.query<{ name: string; kind: 'table' | 'index' }>(`
    SELECT c.oid::regclass::text AS name, CASE c.relkind WHEN 'i' THEN 'index' ELSE 'table' END AS kind
    FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid LEFT JOIN pg_am a ON a.oid = c.relam
    WHERE c.relpersistence = 'p'
      AND (c.relkind IN ('r', 'm', 't') OR (c.relkind = 'i' AND a.amname = 'btree' AND i.indisvalid AND i.indisready))
    ORDER BY c.oid`);
  return rows;
}

async function checkTable(client: Client, name: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ blkno: string; msg: string }>(
    'SELECT blkno, msg FROM verify_heapam($1::regclass, check_toast => true) LIMIT 100',
    [name],
  );
  return rows.map(({ blkno, msg }) => `${name}, page ${blkno}: ${msg}`);
}

async function checkIndex(client: Client, name: string): Promise<readonly string[]> {
  await client.query('SELECT bt_index_check($1::regclass, heapallindexed => true)', [name]);
  return [];
}

/** Rows of every table of the service's, as of one moment. */
export async function countRows(config: ClientConfig, signal: AbortSignal): Promise<Readonly<Record<string, number>>> {
  return withClient({ ...config, statement_timeout: 0 }, signal, async (client) => {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const { rows } = await client.query<{ schema: string; name: string }>(`
      SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence = 'p'
        AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
      ORDER BY 1, 2`);
    const counts: Record<string, number> = {};
    for (const { schema, name } of rows) {
      const counted = await client.query<{ count: string }>(
        `SELECT count(*) FROM ${quoteName(schema)}.${quoteName(name)}`,
      );
      counts[schema === 'public' ? name : `${schema}.${name}`] = Number(counted.rows[0]?.count);
    }
    return counts;
  });
}

/** The first value of the first row, as text; the query can't write. */
export async function askDatabase(
  config: ClientConfig,
  query: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  return withClient(config, signal, async (client) => {
    await client.query('SET default_transaction_read_only = on');
    const { rows } = await client.query<unknown[]>({ text: query, rowMode: 'array' });
    const value = rows[0]?.[0];
    if (value === undefined || value === null) return undefined;
    return value instanceof Date ? value.toISOString() : String(value);
  });
}
