import { type SeedOutcome, SHELL_LIMITS, type ShellOutcome, type StoreShell, shellValue } from '@islet/driver';
import { type Migration, readMigrations } from '@islet/driver/migrations';
import { type Client, type ClientConfig, DatabaseError, type QueryArrayConfig } from 'pg';
import { explain } from './apply-migration.ts';
import { withClient } from './connect.ts';
import { parseSql } from './hazards/statements.ts';

/** The shell of stores that are reached so. */
export function createShell(configOf: (service: string) => ClientConfig): StoreShell {
  return {
    run: async ({ service, ...what }, { signal }) => runStatement(configOf(service), what, signal),
    seed: async ({ service, ...files }, { signal }) =>
      seedPostgres(configOf(service), await readMigrations(files), signal),
  };
}

/**
 * One statement for a person. The extended protocol takes one and no more, so that nothing can end the READ ONLY transaction
 * that it runs in and go on. What SELECT gives is fetched by a cursor: a large table is not read to show its beginning.
 */
async function runStatement(
  config: ClientConfig,
  { text, write }: { readonly text: string; readonly write: boolean },
  signal: AbortSignal,
): Promise<ShellOutcome> {
  if (text.trim() === '') return { kind: 'failed', reason: 'there is no statement' };
  const limited = { ...config, statement_timeout: SHELL_LIMITS.runMs, application_name: 'islet shell' };
  return withClient({ ...limited, types: { getTypeParser: parserOf } }, signal, async (client) => {
    try {
      if (write) return outcomeOf(await one(client, text));
      await client.query('BEGIN READ ONLY');
      if (!(await isSelect(text))) return outcomeOf(await one(client, text));
      await one(client, `DECLARE islet_shell NO SCROLL CURSOR FOR ${withoutEnd(text)}`);
      return outcomeOf(await one(client, `FETCH ${SHELL_LIMITS.rows + 1} FROM islet_shell`));
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof DatabaseError)) throw error;
      return { kind: 'failed', reason: explain('', error, { text, line: 1 }).replace(/^:(?:\d+:)?\s*/, '') };
    }
  });
}

/** Each file in one transaction. */
async function seedPostgres(
  config: ClientConfig,
  files: readonly Migration[],
  signal: AbortSignal,
): Promise<SeedOutcome> {
  return withClient(config, signal, async (client) => {
    for (const { name, sql } of files) {
      try {
        await client.query(`BEGIN;\n${sql}\n;COMMIT`);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof DatabaseError)) throw error;
        await client.query('ROLLBACK');
        // The line of BEGIN is ours.
        return { kind: 'failed', file: name, reason: explain(name, error, { text: `BEGIN;\n${sql}`, line: 0 }) };
      }
    }
    return { kind: 'seeded', files: files.map(({ name }) => name) };
  });
}

type Result = Awaited<ReturnType<typeof one>>;

/** By the extended protocol, which refuses a second statement. */
function one(client: Client, text: string) {
  const query: QueryArrayConfig & { readonly queryMode: 'extended' } = {
    text,
    rowMode: 'array',
    queryMode: 'extended',
  };
  return client.query<unknown[]>(query);
}

function outcomeOf({ fields, rows, command, rowCount }: Result): ShellOutcome {
  if (fields.length === 0) return { kind: 'done', text: [command, rowCount].filter((part) => part !== null).join(' ') };
  return {
    kind: 'rows',
    columns: fields.map(({ name }) => name),
    rows: rows.slice(0, SHELL_LIMITS.rows).map((row) => row.map(shellValue)),
    more: rows.length > SHELL_LIMITS.rows,
  };
}

async function isSelect(text: string): Promise<boolean> {
  const parsed = await parseSql(text);
  const [first, second] = parsed.kind === 'parsed' ? parsed.statements : [];
  return first !== undefined && second === undefined && 'SelectStmt' in first.node && !first.node.SelectStmt.intoClause;
}

function withoutEnd(text: string): string {
  return text.trimEnd().replace(/;$/, '');
}

/** Numbers that JavaScript holds exactly, and booleans; all else as the server writes it. */
function parserOf(oid: number): (text: string) => unknown {
  if (oid === 16) return (text) => text === 't';
  return NUMBERS.has(oid) ? Number : (text) => text;
}

/** int2, int4, oid, float4, float8. */
const NUMBERS: ReadonlySet<number> = new Set([21, 23, 26, 700, 701]);
