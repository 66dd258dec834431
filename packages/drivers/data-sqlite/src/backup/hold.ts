import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';

/*
 * The problem. SQLite fills its log, copies it into the database (a checkpoint), and fills it again from the beginning. Who
 * reads the log from another process must have read all of it by then, and nobody tells him when that is.
 *
 * What SQLite has is the lock of a reader (sqlite.org/walformat.html, "WAL Locks"). A transaction that reads sees the log up
 * to where it began, and as long as it lasts the log is not filled anew. But one that begins when all of the log is in the
 * database reads the database alone, and lets the log be filled anew; then however nothing may be copied into the database.
 * So, of one reader:
 *
 *   - it began with something in the log that was not in the database: the log is not filled anew while it lasts;
 *   - or everything was: the log is filled anew once at most, from a state that this reader has seen.
 *
 * The rule: the next reader begins, *then* the log is read to its end, then the one before ends. Whatever is filled anew
 * after that had been read. Readers change places often, since the database can take over no more than they have seen.
 *
 * The edge. While somebody writes without a pause no reader ever sees that everything is in the database, and the log grows.
 * Above a size nobody may write for a moment: in it a reader begins, the log is read to its end and copied into the
 * database, and another reader begins, after which it may be filled anew. Who writes waits for that as for another writer.
 *
 * The database itself is never written to, and no table is made in it. Where this process dies, SQLite goes on as if it had
 * never been there.
 */
export class Hold {
  #reader: DatabaseSync;
  #spare: DatabaseSync;
  readonly #writer: DatabaseSync;

  /** Throws where the file isn't there, or keeps no write-ahead log. */
  constructor(path: string) {
    this.#reader = openExisting(path);
    this.#spare = openExisting(path);
    this.#writer = openExisting(path);
    // Each opens all of its files at its first statement: whoever calls may be somebody else later.
    for (const connection of [this.#spare, this.#writer]) {
      beginReading(connection);
      connection.exec('ROLLBACK');
    }
    beginReading(this.#reader);
  }

  /** Returns whether `readToEnd` did so; if not, all is as before. */
  renew(readToEnd: () => boolean): boolean {
    beginReading(this.#spare);
    if (!readToEnd()) {
      this.#spare.exec('ROLLBACK');
      return false;
    }
    this.#reader.exec('ROLLBACK');
    [this.#reader, this.#spare] = [this.#spare, this.#reader];
    return true;
  }

  /** Lets the log begin anew. Returns whether it may: not while others write or read what is old. */
  turnOver(readToEnd: () => boolean): boolean {
    // Most of the work, before anybody has to wait.
    this.#spare.prepare(CHECKPOINT).get();
    try {
      this.#writer.exec('BEGIN IMMEDIATE');
    } catch {
      return false;
    }
    try {
      if (!this.renew(readToEnd)) return false;
      const done = this.#spare.prepare(CHECKPOINT).get() as Record<string, unknown>;
      return done.log === done.checkpointed && this.renew(() => true);
    } finally {
      this.#writer.exec('ROLLBACK');
    }
  }

  close(): void {
    for (const connection of [this.#reader, this.#spare, this.#writer]) connection.close();
  }
}

const CHECKPOINT = 'PRAGMA wal_checkpoint(PASSIVE)';
/** Who writes now has this long to end; others of this process wait meanwhile. */
const BUSY_MS = 20;

export function openExisting(path: string): DatabaseSync {
  const url = pathToFileURL(path);
  url.searchParams.set('mode', 'rw');
  return new DatabaseSync(url, { timeout: BUSY_MS });
}

/** A transaction reads from its first statement on. This one reads a number of the file's first page, and parses nothing. */
export function beginReading(connection: DatabaseSync): void {
  connection.exec('BEGIN; PRAGMA user_version');
}
