import type { Database } from './database.ts';

/** As SQLite says it of a disk that is full. */
const MESSAGE = 'database or disk is full';

/**
 * Makes the database refuse every write as a full disk does, until it is disposed of. For a drill: the disk itself holds the
 * data of every service, and must not be filled for one. The triggers are this connection's own and in its memory, so that they
 * end with the process, whatever becomes of it.
 */
export function withholdSpace(database: Database): Disposable {
  const tables = database
    .prepare("SELECT name FROM main.sqlite_master WHERE type = 'table'")
    .all() as unknown as Table[];
  const triggers = tables.flatMap(({ name }) =>
    ['INSERT', 'UPDATE', 'DELETE'].map((act) => ({ name, act, trigger: `temp."no space: ${act} ${name}"` })),
  );
  for (const { name, act, trigger } of triggers) {
    database.exec(
      `CREATE TRIGGER ${trigger} BEFORE ${act} ON main."${name}" BEGIN SELECT RAISE(ABORT, '${MESSAGE}'); END`,
    );
  }
  return {
    [Symbol.dispose]: () => {
      for (const { trigger } of triggers) database.exec(`DROP TRIGGER IF EXISTS ${trigger}`);
    },
  };
}

interface Table {
  readonly name: string;
}
