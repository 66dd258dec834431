import { type Migration, NO_TRANSACTION, runsInTransaction } from '@islet/driver/migrations';
import type { Node } from 'libpg-query';
import { hasOption } from './rules.ts';
import type { ParsedStatement } from './statements.ts';

/**
 * What PostgreSQL refuses inside of a transaction. A file that holds nothing else runs outside of one without being told
 * to; one that mixes the two would be half applied when its second half fails, and has to say that it means that.
 */
export type TransactionMode =
  | { readonly kind: 'inside' }
  | { readonly kind: 'outside' }
  | { readonly kind: 'mixed'; readonly reason: string };

export function transactionMode(migration: Migration, statements: readonly ParsedStatement[]): TransactionMode {
  if (!runsInTransaction(migration)) return { kind: 'outside' };
  const outside = statements.filter(({ node }) => mustBeOutside(node));
  const [first] = outside;
  if (first === undefined) return { kind: 'inside' };
  if (outside.length === statements.length) return { kind: 'outside' };
  const words = first.text.replace(/\s+/g, ' ').slice(0, 40);
  const reason =
    `${migration.name}:${first.line}: "${words}" can't run in a transaction, and the rest of the file does; ` +
    `put it into a file of its own, or begin the file with "${NO_TRANSACTION}"`;
  return { kind: 'mixed', reason };
}

function mustBeOutside(node: Node): boolean {
  if ('VacuumStmt' in node) return node.VacuumStmt.is_vacuumcmd === true;
  return isConcurrent(node);
}

/** Waits for the transactions of others without standing in anybody's way. */
export function isConcurrent(node: Node): boolean {
  if ('IndexStmt' in node) return node.IndexStmt.concurrent === true;
  if ('DropStmt' in node) return node.DropStmt.concurrent === true;
  return 'ReindexStmt' in node && hasOption(node.ReindexStmt.params ?? [], 'concurrently');
}
