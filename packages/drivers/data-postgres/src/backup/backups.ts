import { randomBytes } from 'node:crypto';
import {
  DriverError,
  type RestoreOutcome,
  type RestoreRequest,
  type RestoreTarget,
  type StoreBackups,
} from '@islet/driver';
import { hasServer, newPassword } from '@islet/driver/server';
import type { Client } from 'pg';
import type { ClusterPlace } from '../cluster.ts';
import { withClient } from '../connect.ts';
import type { Credentials } from '../credentials.ts';
import { failpoint } from '../failpoint.ts';
import { quoteName, SUPERUSER } from '../names.ts';
import { LIMITS } from '../options.ts';
import type { Place } from '../programs.ts';
import { scramVerifier } from '../scram.ts';
import type { PostgresServers } from '../server.ts';
import {
  ensureLogins,
  insideConfig,
  removeOtherLogins,
  type Started,
  serviceConfig,
  superuserConfig,
} from '../store.ts';
import { askDatabase, checkDatabase, countRows } from './check.ts';
import { recoverySettings, unpackToRecover } from './restore-cluster.ts';
import { SLOT, sourceOf } from './source.ts';

/** What the driver lends for it. */
export interface Inside {
  readonly servers: PostgresServers;
  readonly placeOf: (service: string) => Promise<ClusterPlace>;
  /** Starts a cluster that is there, and waits until it has recovered. `short`: its log ended before the target. */
  readonly recover: (credentials: Credentials, recovery: Recovery) => Promise<Started | 'short'>;
}

export interface Recovery {
  readonly place: ClusterPlace;
  readonly settings: Readonly<Record<string, string>>;
  readonly server: Place;
  readonly withinMs: number;
  readonly signal: AbortSignal;
}

export function createBackups(inside: Inside): StoreBackups {
  const { servers } = inside;
  const started = (service: string) => servers.started(service);
  return {
    source: async ({ service }, { signal }) => {
      const server = started(service);
      await withClient(superuserConfig(server), signal, keepLog);
      return sourceOf(server);
    },
    restore: (request, { signal }) => servers.turns.take(request.service, () => restore(inside, request, signal)),
    rename: (request) => servers.rename(request),
    check: async ({ service }, { signal }) => checkDatabase(insideConfig(started(service)), signal),
    count: async ({ service }, { signal }) => countRows(insideConfig(started(service)), signal),
    ask: async ({ service, query }, { signal }) => askDatabase(serviceConfig(started(service)), query, signal),
  };
}

/** A slot that lost what it was to keep is made anew: the next copy begins where it begins. */
async function keepLog(client: Client): Promise<void> {
  await client.query(
    `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
     WHERE slot_name = $1 AND wal_status = 'lost' AND NOT active`,
    [SLOT],
  );
  await client.query(
    `SELECT pg_create_physical_replication_slot($1, true)
     WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = $1)`,
    [SLOT],
  );
}

async function restore(inside: Inside, request: RestoreRequest, signal: AbortSignal): Promise<RestoreOutcome> {
  const { servers } = inside;
  const { service, facts, target } = request;
  signal.throwIfAborted();
  if (servers.records.get(service)) throw hasServer(servers.whose(service));
  const { name = '', superuserPassword = '', binaries = 'npm' } = facts.notes;
  const server = { version: undefined, binaries, elsewhere: true } as const;
  const place = await inside.placeOf(service);
  const before: Credentials = {
    engine: 'postgres',
    service,
    name,
    password: newPassword(),
    superuserPassword,
    port: undefined,
    incomplete: true,
  };
  // Before the first effect: what is there of it can be purged.
  await servers.records.write(before);
  failpoint('postgres: after the restore is written down');
  await unpackToRecover(place, request, signal);
  failpoint('postgres: after the copy is unpacked');
  const recoverTo = (to: RestoreTarget) =>
    inside.recover(before, { place, settings: recoverySettings(to), server, withinMs: LIMITS.recoveryMs, signal });
  const first = await recoverTo(target);
  const isShort = first === 'short';
  const recovered = isShort ? await recoverTo({ kind: 'latest' }) : first;
  if (recovered === 'short')
    throw new DriverError('internal', `PostgreSQL recovered ${service}, and says that it did not`);
  const { incomplete: _incomplete, ...whole } = { ...recovered, superuserPassword: newPassword() };
  failpoint('postgres: after the recovery');
  await withClient(insideConfig(recovered), signal, (client) => setPasswords(client, whole));
  failpoint('postgres: after the new passwords');
  await servers.records.write(whole);
  servers.health.setReady(service);
  servers.changed();
  return { kind: isShort ? 'short' : 'restored' };
}

/** Whoever knew the passwords of the store that was copied doesn't get into this one. Both at once, or none. */
async function setPasswords(client: Client, restored: Started): Promise<void> {
  const verifier = scramVerifier(restored.superuserPassword, randomBytes(16));
  await client.query('BEGIN');
  await ensureLogins(client, restored);
  await removeOtherLogins(client, restored);
  await client.query(`ALTER ROLE ${quoteName(SUPERUSER)} PASSWORD '${verifier}'`);
  await client.query('COMMIT');
}
