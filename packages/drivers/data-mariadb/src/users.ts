import { createHash } from 'node:crypto';
import type { Connection } from 'mysql2/promise';
import { ADMIN, asAdmin, HOST, quoteName, READER, withConnection } from './connect.ts';
import { DEFAULT_LIMITS } from './fit.ts';
import { LIMITS } from './options.ts';
import type { Login, MariadbRecord, StartedMariadb } from './record.ts';

/**
 * What a server runs at each start, before it takes connections: Islet's own user, with the password that holds now. So a
 * store that was copied, restored or made a moment ago lets in who is meant to be let in, and nobody by an empty password.
 * Nothing of it goes into the log that a restore replays.
 */
export function initFile({ adminPassword }: MariadbRecord): string {
  return [
    'SET SESSION sql_log_bin = 0;',
    `CREATE USER IF NOT EXISTS '${ADMIN}'@'${HOST}';`,
    `ALTER USER '${ADMIN}'@'${HOST}' IDENTIFIED BY PASSWORD '${hashOf(adminPassword)}';`,
    `GRANT ALL PRIVILEGES ON *.* TO '${ADMIN}'@'${HOST}' WITH GRANT OPTION;`,
    "DELETE FROM mysql.global_priv WHERE User IN ('root', '');",
    'FLUSH PRIVILEGES;',
    '',
  ].join('\n');
}

/**
 * The service's database, and who may log in to it. Its two logins take turns, and whichever holds may do with the database
 * whatever it likes. One that does not hold is locked, not dropped: views and routines run with the rights of whoever made
 * them.
 */
export async function ensureStore(started: StartedMariadb, signal: AbortSignal): Promise<void> {
  await administer(started, signal, async (run) => {
    await run(`CREATE DATABASE IF NOT EXISTS ${quoteName(started.name)} CHARACTER SET utf8mb4`);
    await ensureLogin(run, started, {
      login: READER,
      password: started.adminPassword,
      rights: 'SELECT, SHOW VIEW',
      most: LIMITS.readerConnections,
    });
    await ensureLogins(run, started);
  });
}

/** Lets in those that hold, and nobody else. */
export async function ensureLogins(run: Run, record: MariadbRecord): Promise<void> {
  const { name, login, password, replaced, limits = DEFAULT_LIMITS } = record;
  const wanted: readonly Login[] = replaced === undefined ? [{ login, password }] : [{ login, password }, replaced];
  for (const one of wanted)
    await ensureLogin(run, record, { ...one, rights: 'ALL PRIVILEGES', most: limits.connections });
  const others = [name, `${name}_b`].filter((one) => wanted.every((other) => other.login !== one));
  for (const other of others) await lockOut(run, other);
}

type Run = (sql: string, values?: readonly string[]) => Promise<readonly Record<string, unknown>[]>;

export function administer<T>(started: StartedMariadb, signal: AbortSignal, act: (run: Run) => Promise<T>): Promise<T> {
  return withConnection(asAdmin(started), signal, async (connection) => {
    await connection.query('SET SESSION sql_log_bin = 0');
    return act(async (sql, values = []) => rowsOf(await connection.query(sql, [...values])));
  });
}

async function ensureLogin(
  run: Run,
  { name }: MariadbRecord,
  { login, password, rights, most }: Login & { readonly rights: string; readonly most: number },
): Promise<void> {
  const user = `'${login}'@'${HOST}'`;
  // A name of a database is a pattern here.
  const database = quoteName(name.replaceAll('_', '\\_'));
  await run(`CREATE USER IF NOT EXISTS ${user}`);
  await run(`GRANT ${rights} ON ${database}.* TO ${user}`);
  await run(
    `ALTER USER ${user} IDENTIFIED BY PASSWORD '${hashOf(password)}'
     WITH MAX_USER_CONNECTIONS ${most} ACCOUNT UNLOCK`,
  );
}

async function lockOut(run: Run, login: string): Promise<void> {
  const found = await run('SELECT 1 FROM mysql.global_priv WHERE User = ? AND Host = ?', [login, HOST]);
  if (found.length === 0) return;
  const user = `'${login}'@'${HOST}'`;
  await run(`ALTER USER ${user} ACCOUNT LOCK`);
  await run(`KILL HARD CONNECTION USER ${user}`);
}

function rowsOf([rows]: Awaited<ReturnType<Connection['query']>>): readonly Record<string, unknown>[] {
  return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
}

/** As the server keeps it (`mysql_native_password`). Passwords are 256 random bits, so that this can't be guessed back. */
function hashOf(password: string): string {
  const once = createHash('sha1').update(password).digest();
  return `*${createHash('sha1').update(once).digest('hex').toUpperCase()}`;
}
