import { randomBytes } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  DriverError,
  layoutOf,
  type RestoreOutcome,
  type RestoreRequest,
  type RestoreTarget,
  type StoreBackups,
} from '@islet/driver';
import { isFolder, makePassage, removeIfEmpty } from '@islet/driver/owned-folder';
import type { Turns } from '@islet/supervise';
import type { Client } from 'pg';
import type { ClusterPlace } from '../cluster.ts';
import { withClient } from '../connect.ts';
import type { Credentials, CredentialsFolder } from '../credentials.ts';
import { failpoint } from '../failpoint.ts';
import type { Health } from '../health.ts';
import { quoteName, SUPERUSER } from '../names.ts';
import { LIMITS, type PostgresOptions } from '../options.ts';
import type { Place } from '../programs.ts';
import { scramVerifier } from '../scram.ts';
import { runningServer, stopServer } from '../server.ts';
import {
  ensureLogins,
  insideConfig,
  isStarted,
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
  readonly options: PostgresOptions;
  readonly credentials: CredentialsFolder;
  readonly health: Health;
  readonly turns: Turns;
  readonly placeOf: (service: string) => Promise<ClusterPlace>;
  /** Starts a cluster that is there, and waits until it has recovered. `short`: its log ended before the target. */
  readonly recover: (credentials: Credentials, recovery: Recovery) => Promise<Started | 'short'>;
  readonly changed: () => void;
}

export interface Recovery {
  readonly place: ClusterPlace;
  readonly settings: Readonly<Record<string, string>>;
  readonly server: Place;
  readonly withinMs: number;
  readonly signal: AbortSignal;
}

export function createBackups(inside: Inside): StoreBackups {
  const { credentials, turns, options } = inside;
  const started = (service: string): Started => {
    const found = credentials.get(service);
    if (isStarted(found)) return found;
    throw new DriverError('not-found', `${service} has no PostgreSQL server`, { hint: 'provision it first' });
  };
  return {
    source: async ({ service }, { signal }) => {
      const server = started(service);
      await withClient(superuserConfig(server), signal, keepLog);
      return sourceOf(server);
    },
    restore: (request, { signal }) => turns.take(request.service, () => restore(inside, request, signal)),
    rename: ({ service, to }) =>
      turns.take(service, async () => {
        if (runningServer(options.supervisor, service)) {
          throw new DriverError('refused', `the PostgreSQL server of ${service} runs`, { hint: 'stop it first' });
        }
        await renameStore(inside, service, to);
        inside.changed();
      }),
    check: async ({ service }, { signal }) => {
      const server = started(service);
      return checkDatabase({ ...superuserConfig(server), database: server.name }, signal);
    },
    count: async ({ service }, { signal }) => {
      const server = started(service);
      return countRows({ ...superuserConfig(server), database: server.name }, signal);
    },
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
  const { credentials, health } = inside;
  const { service, facts, target } = request;
  signal.throwIfAborted();
  if (credentials.get(service)) {
    throw new DriverError('refused', `${service} has a PostgreSQL server`, { hint: 'rename or purge it first' });
  }
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
  await credentials.write(before);
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
  await credentials.write(whole);
  health.setReady(service);
  inside.changed();
  return { kind: isShort ? 'short' : 'restored' };
}

function newPassword(): string {
  return randomBytes(32).toString('hex');
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

/** In an order that can be repeated from any point: the new name's credentials, the folder, the old name's. */
async function renameStore({ credentials, options }: Inside, service: string, to: string): Promise<void> {
  const [from, into] = [layoutOf.data(options.layout, service), layoutOf.data(options.layout, to)];
  const [old, taken] = [credentials.get(service), credentials.get(to)];
  if (old === undefined) throw new DriverError('not-found', `${service} has no PostgreSQL server`);
  if (taken !== undefined && taken.superuserPassword !== old.superuserPassword) {
    throw new DriverError('refused', `${to} has a PostgreSQL server`, { hint: 'purge it first' });
  }
  await stopServer(options.supervisor, service);
  await credentials.write({ ...old, service: to });
  failpoint('postgres: after the new name');
  await makePassage(dirname(into));
  if (await isFolder(from)) await rename(from, into);
  failpoint('postgres: after the folder is renamed');
  await credentials.remove(service);
  await removeIfEmpty(dirname(from));
}
