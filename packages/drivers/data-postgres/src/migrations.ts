import { setTimeout as pause } from 'node:timers/promises';
import { DriverError, type MigrateOutcome } from '@islet/driver';
import {
  type ApplyOutcome,
  type Migration,
  type RecordedMigration,
  runMigrations,
  runsInTransaction,
  splitStatements,
} from '@islet/driver/migrations';
import { type Client, type ClientConfig, DatabaseError } from 'pg';
import { codeOf, messageOf, SQLSTATE, withClient } from './connect.ts';
import { failpoint } from './failpoint.ts';
import { quoteName } from './names.ts';
import { LIMITS } from './options.ts';

/**
 * Migrations of a PostgreSQL database, run as the service's own role: what they make is the service's.
 *
 * One session holds an advisory lock from the first look to the last, so that two at once apply nothing twice. A file
 * runs whole, in one transaction with its record. A statement that waits for a lock makes all that come after it wait
 * too, readers included: it gives up after `lockMs`, and the file starts over.
 */
export async function migratePostgres(
  config: ClientConfig,
  migrations: readonly Migration[],
  signal: AbortSignal,
): Promise<MigrateOutcome> {
  try {
    return await withClient({ ...config, lock_timeout: LIMITS.lockMs }, signal, (client) =>
      migrate(client, migrations, signal),
    );
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof DriverError) throw error;
    // A migration that fails is an outcome: this is the server that is away, or went away.
    throw new DriverError('unavailable', `the database can't be migrated: ${messageOf(error)}`, { cause: error });
  }
}

async function migrate(client: Client, migrations: readonly Migration[], signal: AbortSignal): Promise<MigrateOutcome> {
  await lock(client, signal);
  const table = await ensureTable(client);
  const store = {
    recorded: () => recordedIn(client, table),
    apply: (migration: Migration) =>
      runsInTransaction(migration)
        ? applyPatiently(client, migration, table, signal)
        : applyPlainly(client, migration, table),
  };
  return runMigrations(store, migrations, signal);
}

/** "islet" and "migr", as numbers: the lock's key, held until the session ends. */
const LOCK = 'SELECT pg_advisory_lock(1769172325, 1835624306)';

async function lock(client: Client, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await client.query(LOCK);
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (codeOf(error) !== SQLSTATE.lockNotAvailable) throw error;
    }
  }
}

/** In the schema that the role would make a table in; named whole, since a migration may change the search path. */
async function ensureTable(client: Client): Promise<string> {
  const { rows } = await client.query<{ schema: string | null }>('SELECT current_schema() AS schema');
  const schema = rows[0]?.schema;
  if (!schema) {
    throw new DriverError('refused', 'the database has no schema to keep islet_migrations in', {
      hint: 'make the schema that the search_path of this role names',
    });
  }
  const table = `${quoteName(schema)}.islet_migrations`;
  await client.query(
    `CREATE TABLE IF NOT EXISTS ${table}
       (name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
  );
  return table;
}

async function recordedIn(client: Client, table: string): Promise<readonly RecordedMigration[]> {
  const { rows } = await client.query<{ name: string; checksum: string; applied_at: Date }>(
    `SELECT name, checksum, applied_at FROM ${table}`,
  );
  return rows.map((row) => ({ name: row.name, checksum: row.checksum, appliedAt: row.applied_at.toISOString() }));
}

async function applyPatiently(
  client: Client,
  migration: Migration,
  table: string,
  signal: AbortSignal,
): Promise<ApplyOutcome> {
  for (let attempt = 1; ; attempt++) {
    try {
      await applyInTransaction(client, migration, table);
      failpoint('postgres: after a migration');
      return { kind: 'applied' };
    } catch (error) {
      await rollBack(client, signal);
      const reason = explain(migration.name, error, { text: migration.sql, line: 1 });
      if (codeOf(error) !== SQLSTATE.lockNotAvailable) return { kind: 'failed', reason };
      if (attempt === LIMITS.lockAttempts) return { kind: 'failed', reason: `${reason}; ${LOCKED}` };
      await pause(LIMITS.lockPauseMs, undefined, { signal });
    }
  }
}

const LOCKED =
  `gave up after waiting ${LIMITS.lockAttempts} times for ${LIMITS.lockMs / 1000} s: ` +
  'a long transaction holds the lock, see pg_stat_activity';

async function applyInTransaction(client: Client, migration: Migration, table: string): Promise<void> {
  await client.query('BEGIN');
  const before = await transactionId(client);
  await client.query(migration.sql);
  await resetSession(client);
  if ((await transactionId(client)) !== before) {
    throw new Error('it ended its transaction itself, and what came before that stays applied');
  }
  await record(client, migration, table);
  await client.query('COMMIT');
}

/** Statement by statement: a server takes several at once as one transaction. Waits for locks without a limit. */
async function applyPlainly(client: Client, migration: Migration, table: string): Promise<ApplyOutcome> {
  await client.query('SET lock_timeout = 0');
  for (const statement of splitStatements(migration.sql)) {
    try {
      await client.query(statement.text);
    } catch (error) {
      const reason = explain(migration.name, error, statement);
      return { kind: 'failed', reason: `${reason}; it runs without a transaction: what came before stays applied` };
    }
  }
  await resetSession(client);
  await record(client, migration, table);
  return { kind: 'applied' };
}

async function transactionId(client: Client): Promise<string | undefined> {
  const { rows } = await client.query<{ id: string }>('SELECT txid_current()::text AS id');
  return rows[0]?.id;
}

/** What a migration set for its session (a dump sets an empty search path) must not reach the next one. */
async function resetSession(client: Client): Promise<void> {
  await client.query('RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL');
}

async function record(client: Client, { name, checksum }: Migration, table: string): Promise<void> {
  await client.query(`INSERT INTO ${table} (name, checksum) VALUES ($1, $2)`, [name, checksum]);
}

/** A broken connection has rolled back already; that it is broken is then the error. */
async function rollBack(client: Client, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await client.query('ROLLBACK');
}

/** The message with its place in the file. */
function explain(name: string, error: unknown, sent: { readonly text: string; readonly line: number }): string {
  if (!(error instanceof DatabaseError)) return `${name}: ${messageOf(error)}`;
  // Positions begin at 1 and count characters, not the two halves that JavaScript makes of some.
  const position = Number(error.position ?? 0);
  const line =
    sent.line -
    1 +
    [...sent.text]
      .slice(0, position - 1)
      .join('')
      .split('\n').length;
  const place = position > 0 ? `${name}:${line}` : name;
  const more = [error.detail, error.hint].filter((text) => text !== undefined);
  return [`${place}: ${error.message} (${error.code})`, ...more].join('; ');
}
