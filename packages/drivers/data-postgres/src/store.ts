import { randomBytes } from 'node:crypto';
import type { StoreConnection } from '@islet/driver';
import type { Client, ClientConfig } from 'pg';
import type { Credentials } from './credentials.ts';
import { failpoint } from './failpoint.ts';
import { quoteName, SUPERUSER } from './names.ts';
import { LIMITS } from './options.ts';
import { scramVerifier } from './scram.ts';

const HOST = '127.0.0.1';

/** The service's role and its database, which it owns: it may do there whatever it likes, and nothing elsewhere. */
export async function ensureStore(client: Client, { name, password }: Credentials): Promise<void> {
  const role = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [name]);
  if (role.rowCount === 0) {
    const verifier = scramVerifier(password, randomBytes(16));
    await client.query(`CREATE ROLE ${quoteName(name)} LOGIN PASSWORD '${verifier}'`);
  }
  failpoint('postgres: after the role');
  const database = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
  if (database.rowCount === 0) await client.query(`CREATE DATABASE ${quoteName(name)} OWNER ${quoteName(name)}`);
  failpoint('postgres: after the database');
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

/** As the service. */
export function serviceConfig({ name, password, port }: Started): ClientConfig {
  return { host: HOST, port, user: name, password, database: name };
}

export function connectionTo({ name, password, port }: Started): StoreConnection {
  return {
    url: `postgres://${name}:${password}@${HOST}:${port}/${name}`,
    host: HOST,
    port,
    user: name,
    password,
    name,
    path: undefined,
  };
}

/** Credentials of a server that has a port. */
export type Started = Credentials & { readonly port: number };

export function isStarted(credentials: Credentials | undefined): credentials is Started {
  return credentials?.port !== undefined;
}
