import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * The control plane's memory: what was asked for, what was decided, secrets and ports. Append-only for revisions and
 * decisions. Durable before anything is acknowledged (`synchronous=FULL`).
 */
export type Database = DatabaseSync;

/** Instead of a path: one that ends with the process, for tests and the simulation. */
export const IN_MEMORY = ':memory:';

export function openDatabase(path: string): Database {
  if (path !== IN_MEMORY) mkdirSync(dirname(path), { recursive: true, mode: 0o711 });
  // Before SQLite makes it for everybody to read: who opened it then could read on for ever.
  if (path !== IN_MEMORY) {
    closeSync(openSync(path, 'a', 0o600));
    chmodSync(path, 0o600);
  }
  const database = new DatabaseSync(path);
  database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000; PRAGMA foreign_keys=ON;');
  migrate(database);
  return database;
}

/** Each entry brings the schema from its index to the next; never edited once released, only added to. */
const SCHEMA = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE applied (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, document TEXT NOT NULL) STRICT;
  CREATE TABLE revisions (
    service TEXT NOT NULL, revision TEXT NOT NULL, at INTEGER NOT NULL, launch TEXT NOT NULL,
    PRIMARY KEY (service, revision)
  ) STRICT;
  CREATE TABLE decisions (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, service TEXT, kind TEXT NOT NULL, detail TEXT NOT NULL
  ) STRICT;
  CREATE INDEX decisions_by_service ON decisions (service, seq);
  CREATE TABLE secrets (
    name TEXT NOT NULL, version INTEGER NOT NULL, set_at INTEGER NOT NULL, sealed BLOB,
    PRIMARY KEY (name, version)
  ) STRICT;
  CREATE TABLE ports (name TEXT PRIMARY KEY, port INTEGER NOT NULL UNIQUE) STRICT;
  `,
  `
  CREATE TABLE dashboard_sessions (
    id TEXT PRIMARY KEY, cookie_hash TEXT NOT NULL UNIQUE, key_hash TEXT NOT NULL,
    started_at INTEGER NOT NULL, seen_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, agent TEXT NOT NULL
  ) STRICT;
  `,
] as const;

function migrate(database: Database): void {
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  if (version > SCHEMA.length) {
    throw new Error(
      `${database.location()} was written by a newer Islet (schema ${version}; this one knows ${SCHEMA.length}): use that version, or another --state folder`,
    );
  }
  for (const [index, statements] of SCHEMA.entries()) {
    if (index < version) continue;
    inTransaction(database, () => database.exec(`${statements} PRAGMA user_version = ${index + 1};`));
  }
}

export function inTransaction<T>(database: Database, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    // A full disk has rolled back already, and that is the error to tell.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
