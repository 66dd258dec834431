import { randomBytes } from 'node:crypto';
import type { Database } from './database.ts';

/** The system's id: made once, kept in its state folder; two folders are two systems, whatever their names. */
export function systemId(database: Database): string {
  const make = database.prepare("INSERT OR IGNORE INTO meta (key, value) VALUES ('id', ?)");
  make.run(randomBytes(5).toString('hex'));
  const { value } = database.prepare("SELECT value FROM meta WHERE key = 'id'").get() as { value: string };
  return value;
}

/** Reads a value that is decided once and then kept, such as where the runtime folder is. */
export function decidedOnce(database: Database, key: string, decide: () => string): string {
  const row = database.prepare('SELECT value FROM meta WHERE key = ?').get(key) as { value: string } | undefined;
  if (row !== undefined) return row.value;
  const value = decide();
  database.prepare('INSERT INTO meta (key, value) VALUES (?, ?)').run(key, value);
  return value;
}
