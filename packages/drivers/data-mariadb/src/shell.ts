import {
  type SeedOutcome,
  SHELL_LIMITS,
  type ShellOutcome,
  type ShellRequest,
  type StoreShell,
  shellValue,
} from '@islet/driver';
import { type Migration, readMigrations } from '@islet/driver/migrations';
import type { FieldPacket } from 'mysql2/promise';
import { asReader, asService, isAnswer, messageOf, type Where, withConnection } from './connect.ts';
import type { StartedMariadb } from './record.ts';
import { splitStatements } from './statements.ts';

/** Who may only look logs in as a user that may only look. */
export function createShell(startedOf: (service: string) => StartedMariadb): StoreShell {
  return {
    run: async ({ service, text, write }, { signal }) => {
      const started = startedOf(service);
      return runStatement(write ? asService(started) : asReader(started), { text, write }, signal);
    },
    seed: async ({ service, ...files }, { signal }) =>
      seedMariadb(asService(startedOf(service)), await readMigrations(files), signal),
  };
}

/** One statement for a person: the protocol takes no second one. */
async function runStatement(
  where: Where,
  { text, write }: Pick<ShellRequest, 'text' | 'write'>,
  signal: AbortSignal,
): Promise<ShellOutcome> {
  // Only by one can a statement hold others, and end the transaction that it runs in.
  if (!write && /^\s*delimiter\s/im.test(text))
    return { kind: 'failed', reason: 'a statement that holds others is not only for looking: say --write' };
  const [first, second] = splitStatements(text);
  if (first === undefined) return { kind: 'failed', reason: 'there is no statement' };
  if (second !== undefined)
    return { kind: 'failed', reason: `it takes one statement: "${second.text}" is a second one` };
  return withConnection(where, signal, async (connection) => {
    try {
      await connection.query(
        `SET SESSION max_statement_time = ${SHELL_LIMITS.runMs / 1000}, sql_select_limit = ${SHELL_LIMITS.rows + 1},
         max_recursive_iterations = 4294967295`,
      );
      // A view acts with the rights of whoever made it, and may call a function that writes.
      if (!write) await connection.query('START TRANSACTION READ ONLY');
      const [rows, fields] = await connection.query({ sql: first.text, rowsAsArray: true });
      return outcomeOf(rows, fields);
    } catch (error) {
      signal.throwIfAborted();
      if (!isAnswer(error)) throw error;
      return { kind: 'failed', reason: messageOf(error) };
    }
  });
}

/** A routine gives as many results as it likes: the last that has rows is shown. */
function outcomeOf(result: unknown, fields: Fields | readonly Fields[]): ShellOutcome {
  const index = fields?.findLastIndex((one) => Array.isArray(one)) ?? -1;
  if (index < 0) return outcomeOfOne(result, fields as Fields);
  return outcomeOfOne((result as readonly unknown[])[index], fields?.[index] as Fields);
}

type Fields = readonly FieldPacket[] | undefined;

function outcomeOfOne(result: unknown, fields: Fields): ShellOutcome {
  if (!Array.isArray(result) || fields === undefined) {
    const { affectedRows = 0 } = result as { readonly affectedRows?: number };
    return { kind: 'done', text: `${affectedRows} rows changed` };
  }
  const rows = (result as readonly (readonly unknown[])[]).slice(0, SHELL_LIMITS.rows);
  return {
    kind: 'rows',
    columns: fields.map(({ name }) => name),
    rows: rows.map((row) => row.map(shellValue)),
    more: result.length > SHELL_LIMITS.rows,
  };
}

/** Each file in one transaction, as far as MariaDB has it: what changes the schema commits. */
async function seedMariadb(where: Where, files: readonly Migration[], signal: AbortSignal): Promise<SeedOutcome> {
  return withConnection(where, signal, async (connection) => {
    for (const { name, sql } of files) {
      let line = 1;
      try {
        await connection.query('START TRANSACTION');
        for (const statement of splitStatements(sql)) {
          line = statement.line;
          await connection.query(statement.text);
        }
        await connection.query('COMMIT');
      } catch (error) {
        signal.throwIfAborted();
        if (!isAnswer(error)) throw error;
        await connection.query('ROLLBACK');
        return { kind: 'failed', file: name, reason: `${name}:${line}: ${messageOf(error)}` };
      }
    }
    return { kind: 'seeded', files: files.map(({ name }) => name) };
  });
}
