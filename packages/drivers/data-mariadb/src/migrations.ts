import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { DriverError, type MigrateOutcome, type MigrationPreview } from '@islet/driver';
import {
  type ApplyOutcome,
  type Migration,
  planMigrations,
  type RecordedMigration,
  runMigrations,
} from '@islet/driver/migrations';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { codeOf, ERROR, isAnswer, messageOf, type Where, withConnection } from './connect.ts';
import { LIMITS } from './options.ts';
import { type Statement, splitStatements } from './statements.ts';

/**
 * Migrations of a MariaDB database, run as the service.
 *
 * MariaDB commits before and after each statement that changes a schema, so a file can't be one transaction. Instead it is
 * remembered how many of a file's statements are in. A file that failed is mended and tried again, and goes on with the
 * statement that failed; those that are in must not change any more.
 *
 * One session holds a lock from the first look to the last, so that two at once apply nothing twice. A statement that waits
 * for a table makes all that come after it wait too: it gives up after `lockMs`, and is tried again.
 */
export function migrateMariadb(
  where: Where,
  migrations: readonly Migration[],
  signal: AbortSignal,
): Promise<MigrateOutcome> {
  return inSession(where, signal, async (connection) => {
    await connection.query("SELECT GET_LOCK('islet_migrations', 86400)");
    await connection.query(`SET SESSION lock_wait_timeout = ${LIMITS.lockMs / 1000}`);
    await connection.query(TABLE);
    const store = {
      recorded: () => recordedIn(connection),
      apply: (migration: Migration) => apply(connection, migration, signal),
    };
    return runMigrations(store, migrations, signal);
  });
}

/** What that would do now. Changes nothing. */
export function previewMariadb(
  where: Where,
  migrations: readonly Migration[],
  signal: AbortSignal,
): Promise<MigrationPreview> {
  return inSession(where, signal, async (connection) => {
    const plan = planMigrations(migrations, await recordedIn(connection));
    if (plan.kind === 'refused') return plan;
    const pending = plan.migrations.map(({ name }) => ({ name, inTransaction: false, hazards: [], unread: UNREAD }));
    return { kind: 'pending', migrations: pending };
  });
}

const UNREAD = "Islet does not read MariaDB's statements: which of them lock a table is not known";

/** `applied_at` is empty while only the first `done` statements are in, which `prefix` is the checksum of. */
const TABLE = `
  CREATE TABLE IF NOT EXISTS islet_migrations (
    name varchar(255) PRIMARY KEY, checksum char(64) NOT NULL, applied_at datetime(6) NULL,
    done int NOT NULL, prefix char(64) NOT NULL
  ) ENGINE = InnoDB`;

async function inSession<T>(
  where: Where,
  signal: AbortSignal,
  act: (connection: Connection) => Promise<T>,
): Promise<T> {
  try {
    return await withConnection(where, signal, act);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof DriverError) throw error;
    // A migration that fails is an outcome: this is the server that is away, or went away.
    throw new DriverError('unavailable', `the database can't be migrated: ${messageOf(error)}`, { cause: error });
  }
}

async function recordedIn(connection: Connection): Promise<readonly RecordedMigration[]> {
  const [tables] = await connection.query<RowDataPacket[]>("SHOW TABLES LIKE 'islet\\_migrations'");
  if (tables.length === 0) return [];
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT name, checksum, DATE_FORMAT(applied_at, '%Y-%m-%dT%H:%i:%s.%fZ') AS at
     FROM islet_migrations WHERE applied_at IS NOT NULL`,
  );
  return rows.map(({ name, checksum, at }) => ({ name, checksum, appliedAt: at }));
}

async function apply(connection: Connection, migration: Migration, signal: AbortSignal): Promise<ApplyOutcome> {
  const { name, sql, checksum } = migration;
  const statements = splitStatements(sql);
  const [rows] = await connection.query<RowDataPacket[]>('SELECT done, prefix FROM islet_migrations WHERE name = ?', [
    name,
  ]);
  const begun = rows[0] as { readonly done: number; readonly prefix: string } | undefined;
  if (begun !== undefined && prefixOf(statements, begun.done) !== begun.prefix) {
    const reason = `${name}: its first ${begun.done} statements are in already, and have changed; put them back, and change what comes after`;
    return { kind: 'failed', reason };
  }
  const record = [name, checksum];
  for (let done = begun?.done ?? 0; done < statements.length; done++) {
    const statement = statements[done];
    if (statement === undefined) break;
    const remember = () =>
      connection.query(
        'REPLACE INTO islet_migrations (name, checksum, applied_at, done, prefix) VALUES (?, ?, NULL, ?, ?)',
        [...record, done + 1, prefixOf(statements, done + 1)],
      );
    const reason = await runPatiently(connection, { name, statement, remember, signal });
    if (reason !== undefined) return { kind: 'failed', reason: `${reason}; ${stateOf(done, statements)}` };
  }
  await connection.query(
    'REPLACE INTO islet_migrations (name, checksum, applied_at, done, prefix) VALUES (?, ?, UTC_TIMESTAMP(6), ?, ?)',
    [...record, statements.length, prefixOf(statements, statements.length)],
  );
  return { kind: 'applied' };
}

function prefixOf(statements: readonly Statement[], count: number): string {
  const texts = statements.slice(0, count).map(({ text }) => text.replaceAll('\r\n', '\n'));
  return createHash('sha256').update(JSON.stringify(texts)).digest('hex');
}

function stateOf(done: number, { length }: readonly Statement[]): string {
  if (done === 0) return 'nothing of it is applied';
  const rest = 'MariaDB can take none of them back; once it is mended, the file goes on from here';
  return `${done} of its ${length} statements came before, and stay applied: ${rest}`;
}

interface Piece {
  readonly name: string;
  readonly statement: Statement;
  readonly remember: () => Promise<unknown>;
  readonly signal: AbortSignal;
}

/** What changes rows is remembered with the change, both or neither; what changes the schema is committed by then. */
async function runPatiently(
  connection: Connection,
  { name, statement, remember, signal }: Piece,
): Promise<string | undefined> {
  for (let attempt = 1; ; attempt++) {
    try {
      await connection.query('START TRANSACTION');
      await connection.query(statement.text);
      await remember();
      await connection.query('COMMIT');
      return undefined;
    } catch (error) {
      signal.throwIfAborted();
      if (!isAnswer(error)) throw error;
      await connection.query('ROLLBACK');
      const reason = `${name}:${statement.line}: ${messageOf(error)} (${codeOf(error)})`;
      if (codeOf(error) !== ERROR.lockWaitTimeout) return reason;
      if (attempt === LIMITS.lockAttempts) return `${reason}; a long transaction holds the table: SHOW PROCESSLIST`;
      await pause(LIMITS.lockPauseMs, undefined, { signal });
    }
  }
}
