import { layoutOf } from '@islet/driver';
import type { ServerKind, StoreServers } from '@islet/driver/server';
import type { ClientConfig } from 'pg';
import { codeOf, isRejection, SQLSTATE, withClient } from './connect.ts';
import type { Credentials } from './credentials.ts';
import { DEFAULT_LIMITS } from './fit.ts';
import { LIMITS } from './options.ts';
import { type Started, serviceConfig, superuserConfig } from './store.ts';

export type PostgresServers = StoreServers<Credentials>;

/** The service is known by the server even while it has all the connections that it may open; others are kept for us. */
async function isReady(started: Started, as: 'islet' | 'service', signal: AbortSignal): Promise<boolean> {
  if (as === 'islet') return hasRecovered(superuserConfig(started), signal);
  return hasRecovered(serviceConfig(started), signal).catch((error: unknown) => {
    if (codeOf(error) !== SQLSTATE.tooManyConnections) throw error;
    return hasRecovered(superuserConfig(started), signal);
  });
}

/** A server that still replays its log takes connections too. */
async function hasRecovered(config: ClientConfig, signal: AbortSignal): Promise<boolean> {
  return withClient(config, signal, async (client) => {
    const { rows } = await client.query<{ recovering: boolean }>('SELECT pg_is_in_recovery() AS recovering');
    return rows[0]?.recovering === false;
  });
}

export const POSTGRES: ServerKind<Credentials> = {
  engine: 'postgres',
  product: 'PostgreSQL',
  records: 'credentials',
  folderOf: layoutOf.data,
  isSame: (one, other) => one.superuserPassword === other.superuserPassword,
  // Its fast shutdown.
  stop: { graceMs: LIMITS.stopGraceMs, signal: 'SIGINT' },
  readyMs: LIMITS.readyMs,
  ask: isReady,
  isRejection,
  complaint: { like: /\b(FATAL|PANIC|ERROR):|postgres: /, head: /^.*?(?=FATAL|PANIC|ERROR)/ },
  limits: DEFAULT_LIMITS,
};

export function portWasTaken(log: string): boolean {
  return /could not bind IPv4 address|could not create any TCP\/IP sockets/.test(log);
}
