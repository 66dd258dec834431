import { type Migration, NO_TRANSACTION, runsInTransaction } from './model.ts';
import { splitStatements } from './statements.ts';

/**
 * What is wrong with a file that nobody should run as a migration; undefined: nothing that can be seen from outside.
 * Found before anything of it runs, since afterwards it can't be taken back.
 */
export function mistakeIn(migration: Migration): string | undefined {
  return downSection(migration) ?? transactionControl(migration);
}

/** Other tools keep the way back in the same file: run as a whole, it would undo itself and drop what it made. */
const DOWN_SECTIONS = [/^--\s*\+goose\s+down\b/im, /^--\s*migrate:down\b/im, /^--\s*\+migrate\s+down\b/im];

function downSection({ name, sql }: Migration): string | undefined {
  const marker = DOWN_SECTIONS.map((pattern) => pattern.exec(sql)).find((match) => match !== null);
  if (!marker) return undefined;
  const line = sql.slice(0, marker.index).split('\n').length;
  return `${name}:${line}: "${marker[0]}" begins a way back, which would run too; keep only what goes forward`;
}

const TRANSACTION_CONTROL = /^(begin|start\s+transaction|commit|abort|rollback(?!\s+(work\s+|transaction\s+)?to\b))\b/i;

function transactionControl(migration: Migration): string | undefined {
  if (!runsInTransaction(migration)) return undefined;
  for (const { text, line } of splitStatements(migration.sql)) {
    const found = TRANSACTION_CONTROL.exec(text)?.[0];
    if (found === undefined) continue;
    return (
      `${migration.name}:${line}: ${found.toUpperCase()} would end the transaction that the file runs in; ` +
      `take it out, or begin the file with "${NO_TRANSACTION}"`
    );
  }
  return undefined;
}
