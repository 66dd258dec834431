import { DatabaseSync } from 'node:sqlite';
import { LIMITS } from './options.ts';

/** SQLite's own check of all that a file holds, its indexes against its tables included. Each finding is a sentence. */
export function checkFile(file: string): readonly string[] {
  using database = openToRead(file);
  const found = database.prepare('PRAGMA integrity_check').all();
  return found.flatMap(({ integrity_check: text }) => (text === 'ok' ? [] : [`the SQLite file is damaged: ${text}`]));
}

/** Of each table of the service's own. */
export function countRows(file: string): Readonly<Record<string, number>> {
  using database = openToRead(file);
  const tables = database
    .prepare(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name",
    )
    .all();
  return Object.fromEntries(
    tables.map(({ name }) => {
      const quoted = `"${String(name).replaceAll('"', '""')}"`;
      return [String(name), Number(database.prepare(`SELECT count(*) AS rows FROM ${quoted}`).get()?.rows)];
    }),
  );
}

function openToRead(file: string): DatabaseSync {
  return new DatabaseSync(file, { timeout: LIMITS.busyMs, readOnly: true });
}
