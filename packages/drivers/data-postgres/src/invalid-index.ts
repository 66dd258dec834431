import type { Node } from 'libpg-query';
import type { Client } from 'pg';
import { quoteName } from './names.ts';

/**
 * CREATE INDEX CONCURRENTLY that fails, or is killed, leaves an index that no query uses and every write pays for. Under
 * its name a second try would fail, or, with IF NOT EXISTS, succeed without an index. So it goes before a try and after
 * one that failed; nobody else is making it, since whoever migrates holds the lock.
 */
export async function dropInvalidIndex(client: Client, node: Node): Promise<void> {
  if (!('IndexStmt' in node) || !node.IndexStmt.concurrent || !node.IndexStmt.idxname) return;
  const { relation, idxname } = node.IndexStmt;
  const { rows } = await client.query<{ schema: string }>(
    `SELECT n.nspname AS schema FROM pg_index i
       JOIN pg_class c ON c.oid = i.indexrelid
       JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relname = $1 AND NOT i.indisvalid AND i.indrelid = to_regclass($2)`,
    [idxname, [relation?.schemaname, relation?.relname].flatMap((name) => (name ? [quoteName(name)] : [])).join('.')],
  );
  for (const { schema } of rows) {
    await client.query(`DROP INDEX CONCURRENTLY IF EXISTS ${quoteName(schema)}.${quoteName(idxname)}`);
  }
}
