import { randomBytes } from 'node:crypto';
import type { StoreConnection } from '@islet/driver';
import type { Started as StartedServer } from '@islet/driver/server';
import type { Client, ClientConfig } from 'pg';
import { type Credentials, type Login, loginOf } from './credentials.ts';
import { failpoint } from './failpoint.ts';
import { quoteName, SUPERUSER } from './names.ts';
import { LIMITS } from './options.ts';
import { scramVerifier } from './scram.ts';

const HOST = '127.0.0.1';

/**
 * The service's role and its database, which it owns: it may do there whatever it likes, and nothing elsewhere. Those who
 * may log in are set anew each time: a copy that was restored may be of a time with other passwords.
 */
export async function ensureStore(client: Client, credentials: Credentials): Promise<void> {
  const { name } = credentials;
  await ensureRole(client, name, '');
  await ensureLogins(client, credentials);
  failpoint('postgres: after the role');
  const database = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
  if (database.rowCount === 0) await client.query(`CREATE DATABASE ${quoteName(name)} OWNER ${quoteName(name)}`);
  failpoint('postgres: after the database');
}

/**
 * Logins of one service: the owner itself at first, and after a rotation one of two roles that take turns. They are the
 * owner from their first statement on (`ALTER ROLE … SET role`), so that whoever makes a table, the owner has it.
 */
export function nextLogin({ name }: Credentials, { login }: Login): string {
  return login === `${name}_a` ? `${name}_b` : `${name}_a`;
}

/** Lets in the login that holds, and the one that is to be retired. */
export async function ensureLogins(client: Client, credentials: Credentials): Promise<void> {
  for (const login of wantedLogins(credentials)) await ensureLogin(client, credentials, login);
}

function wantedLogins(credentials: Credentials): readonly Login[] {
  const { replaced } = credentials;
  return [loginOf(credentials), ...(replaced === undefined ? [] : [replaced])];
}

/** And nobody else. In the service's own database, where what a login may have made is given to the owner. */
export async function removeOtherLogins(client: Client, credentials: Credentials): Promise<void> {
  const { name } = credentials;
  const wanted = wantedLogins(credentials);
  for (const login of [name, `${name}_a`, `${name}_b`]) {
    if (wanted.every((one) => one.login !== login)) await removeLogin(client, { name, login });
  }
}

export async function ensureLogin(
  client: Client,
  { name, connections }: Pick<Credentials, 'name' | 'connections'>,
  { login, password }: Login,
): Promise<void> {
  await ensureRole(client, login, login === name ? '' : ` IN ROLE ${quoteName(name)}`);
  const verifier = scramVerifier(password, randomBytes(16));
  const limit = connections ?? LIMITS.serviceConnections;
  await client.query(`ALTER ROLE ${quoteName(login)} LOGIN CONNECTION LIMIT ${limit} PASSWORD '${verifier}'`);
  if (login !== name) await client.query(`ALTER ROLE ${quoteName(login)} SET role = ${quoteName(name)}`);
}

async function removeLogin(client: Client, { name, login }: { name: string; login: string }): Promise<void> {
  const { rows } = await client.query<{ rolcanlogin: boolean }>('SELECT rolcanlogin FROM pg_roles WHERE rolname = $1', [
    login,
  ]);
  const [role] = rows;
  if (role === undefined || (login === name && !role.rolcanlogin)) return;
  await client.query(`ALTER ROLE ${quoteName(login)} NOLOGIN`);
  await client.query('SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = $1', [login]);
  if (login === name) return;
  await client.query(`REASSIGN OWNED BY ${quoteName(login)} TO ${quoteName(name)}`);
  await client.query(`DROP OWNED BY ${quoteName(login)}`);
  await client.query(`DROP ROLE ${quoteName(login)}`);
}

async function ensureRole(client: Client, role: string, more: string): Promise<void> {
  const found = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
  if (found.rowCount === 0) await client.query(`CREATE ROLE ${quoteName(role)}${more}`);
}

/** As the superuser: Islet's own, whose password no service is given. */
export function superuserConfig({ superuserPassword, port }: Started): ClientConfig {
  return {
    host: HOST,
    port,
    user: SUPERUSER,
    password: superuserPassword,
    database: 'postgres',
    statement_timeout: LIMITS.statementMs,
  };
}

/** As the superuser, in the service's database. */
export function insideConfig(started: Started): ClientConfig {
  return { ...superuserConfig(started), database: started.name };
}

/** As the service. */
export function serviceConfig(started: Started): ClientConfig {
  const { login, password } = loginOf(started);
  return { host: HOST, port: started.port, user: login, password, database: started.name };
}

export function connectionTo(started: Started): StoreConnection {
  const { name, port, connections } = started;
  const { login, password } = loginOf(started);
  return {
    url: `postgres://${login}:${password}@${HOST}:${port}/${name}`,
    host: HOST,
    port,
    user: login,
    password,
    name,
    path: undefined,
    maxConnections: connections ?? LIMITS.serviceConnections,
  };
}

export type Started = StartedServer<Credentials>;
