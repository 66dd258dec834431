import { constants, DatabaseSync } from 'node:sqlite';
import { type SeedOutcome, SHELL_LIMITS, type ShellOutcome, type ShellValue, shellValue } from '@islet/driver';
import { type Migration, splitStatements } from '@islet/driver/migrations';
import { LIMITS } from './options.ts';
import type { ShellTask } from './worker-protocol.ts';

const MAKES_FILES = 'ATTACH and VACUUM INTO make files: say --write';
/** Node.js has it since 24.10; before that the words alone are refused, wherever they stand. */
const CAN_AUTHORIZE = 'setAuthorizer' in DatabaseSync.prototype;

/** One statement for a person. SQLite opens the file for reading only, unless it is asked to write. */
export function runStatement(file: string, { text, write }: ShellTask): ShellOutcome {
  const [first, second] = splitStatements(text);
  if (first === undefined) return { kind: 'failed', reason: 'there is no statement' };
  // SQLite would run the first, and say nothing of the others.
  if (second !== undefined)
    return { kind: 'failed', reason: `it takes one statement: "${second.text}" is a second one` };
  using database = new DatabaseSync(file, { timeout: LIMITS.busyMs, readOnly: !write });
  // `VACUUM INTO` makes a file anywhere, from a database that is open for reading only; within, it is an `ATTACH`.
  let isRefused = false;
  if (!write && CAN_AUTHORIZE)
    database.setAuthorizer((action) => {
      if (action !== constants.SQLITE_ATTACH) return constants.SQLITE_OK;
      isRefused = true;
      return constants.SQLITE_DENY;
    });
  else if (!write && /\b(attach|vacuum)\b/i.test(first.text)) return { kind: 'failed', reason: MAKES_FILES };
  try {
    const statement = database.prepare(first.text);
    statement.setReadBigInts(true);
    const columns = statement.columns().map(({ name }) => name);
    if (columns.length === 0) return { kind: 'done', text: `${statement.run().changes} rows changed` };
    const rows: ShellValue[][] = [];
    for (const row of statement.iterate()) {
      if (rows.length === SHELL_LIMITS.rows) return { kind: 'rows', columns, rows, more: true };
      rows.push(Object.values(row).map(shown));
    }
    return { kind: 'rows', columns, rows, more: false };
  } catch (error) {
    return { kind: 'failed', reason: isRefused ? MAKES_FILES : messageOf(error) };
  }
}

/** Each file in one transaction. */
export function seedSqlite(database: DatabaseSync, files: readonly Migration[]): SeedOutcome {
  for (const { name, sql } of files) {
    try {
      database.exec('BEGIN IMMEDIATE');
      database.exec(sql);
      database.exec('COMMIT');
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      return { kind: 'failed', file: name, reason: `${name}: ${messageOf(error)}` };
    }
  }
  return { kind: 'seeded', files: files.map(({ name }) => name) };
}

function shown(value: unknown): ShellValue {
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : shellValue(value);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
