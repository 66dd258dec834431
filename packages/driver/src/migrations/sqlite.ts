import type { DatabaseSync } from 'node:sqlite';
import { type Migration, type RecordedMigration, runsInTransaction } from './model.ts';
import type { ApplyOutcome, MigrationStore } from './run.ts';

/** Migrations of an SQLite database. `now` is the clock of `applied_at`. */
export function sqliteMigrationStore(database: DatabaseSync, now: () => Date): MigrationStore {
  database.exec(
    'CREATE TABLE IF NOT EXISTS islet_migrations (name TEXT PRIMARY KEY, checksum TEXT NOT NULL, applied_at TEXT NOT NULL)',
  );
  const record = (migration: Migration) =>
    database
      .prepare('INSERT INTO islet_migrations (name, checksum, applied_at) VALUES (?, ?, ?)')
      .run(migration.name, migration.checksum, now().toISOString());
  return {
    recorded: async () => recordedIn(database),
    apply: async (migration) =>
      runsInTransaction(migration)
        ? applyInTransaction(database, migration, record)
        : applyPlainly(database, migration, record),
  };
}

function recordedIn(database: DatabaseSync): readonly RecordedMigration[] {
  return database
    .prepare('SELECT name, checksum, applied_at FROM islet_migrations')
    .all()
    .map((row) => ({
      name: String(row.name),
      checksum: String(row.checksum),
      appliedAt: String(row.applied_at),
    }));
}

type Record = (migration: Migration) => unknown;

function applyInTransaction(database: DatabaseSync, migration: Migration, record: Record): ApplyOutcome {
  try {
    // Takes the write lock, so that what is recorded can't change any more.
    database.exec('BEGIN IMMEDIATE');
    if (recordedIn(database).some(({ name }) => name === migration.name)) return { kind: 'already-applied' };
    database.exec(migration.sql);
    if (!database.isTransaction) return failed(migration, new Error('it ended its transaction itself'));
    record(migration);
    database.exec('COMMIT');
    return { kind: 'applied' };
  } catch (error) {
    return failed(migration, error);
  } finally {
    if (database.isTransaction) database.exec('ROLLBACK');
  }
}

function applyPlainly(database: DatabaseSync, migration: Migration, record: Record): ApplyOutcome {
  try {
    database.exec(migration.sql);
    record(migration);
    return { kind: 'applied' };
  } catch (error) {
    const { reason } = failed(migration, error);
    return { kind: 'failed', reason: `${reason}; it runs without a transaction: what came before stays applied` };
  }
}

function failed({ name }: Migration, error: unknown): Extract<ApplyOutcome, { kind: 'failed' }> {
  return { kind: 'failed', reason: `${name}: ${error instanceof Error ? error.message : String(error)}` };
}
