import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endChild } from '../support/child.ts';
import { until } from '../support/poll.ts';
import { treeCpuMs } from '../support/proc.ts';
import type { Cluster } from './cluster.ts';
import { openStanza, PGBACKREST, setArchiveCommand } from './pgbackrest.ts';

/** One way to keep a server's log, or none. */
export interface Archiver {
  readonly name: string;
  /** Works until it is ended. What it does before the first byte of the log, such as a base backup, is over by then. */
  readonly start: (cluster: Cluster, signal: AbortSignal) => Promise<Archiving>;
}

interface Archiving extends AsyncDisposable {
  /** Of its own processes; those that the server starts count as the server's. */
  readonly cpuMs: () => number;
}

export const nothing: Archiver = {
  name: 'nothing',
  start: async () => ({ cpuMs: () => 0, [Symbol.asyncDispose]: async () => {} }),
};

const SLOT = 'islet_backup';
const PATIENCE = { everyMs: 100, deadlineMs: 120_000 };

/** The process that makes the backups of every Islet system, with the same orders: seal, store, and copy once a day. */
export const islet: Archiver = {
  name: 'islet',
  start: async (cluster, signal) => {
    await cluster.query(`SELECT pg_create_physical_replication_slot('${SLOT}', true)`);
    const state = await mkdtemp(join(tmpdir(), 'islet-bench-archive-'));
    const { host, port, password, database } = cluster.login;
    const store = {
      service: 'bench',
      source: { engine: 'postgres', how: { host, port: String(port), password, name: database } },
      everyMs: 86_400_000,
      pitr: true,
      keep: { daily: 7, weekly: 4, monthly: 0 },
    };
    await mkdir(join(state, 'backup'), { mode: 0o700 });
    await writeFile(join(state, 'backup', 'orders.json'), JSON.stringify({ stores: [store] }));
    const main = fileURLToPath(import.meta.resolve('@islet/control-plane/backup/main'));
    const flags = ['--disable-warning=ExperimentalWarning', main, '--state', state, '--runtime', state];
    const child = spawn(process.execPath, flags, { stdio: 'ignore' });
    const told = async () => {
      const text = await readFile(join(state, 'backup', 'told.json'), 'utf8').catch(() => '{}');
      return (JSON.parse(text) as Told).stores?.[0];
    };
    await until('Islet to follow the log', async () => (await told())?.last !== undefined, { ...PATIENCE, signal });
    return {
      cpuMs: () => treeCpuMs(child.pid ?? 0),
      [Symbol.asyncDispose]: async () => {
        await endChild(child, 'SIGTERM');
        await dropSlot(cluster, signal);
        await rm(state, { recursive: true });
      },
    };
  },
};

interface Told {
  readonly stores?: readonly { readonly last?: object }[];
}

const RECEIVEWAL = '/usr/lib/postgresql/15/bin/pg_receivewal';

/** PostgreSQL's own: it writes the log into files, neither sealed nor compressed. */
export const receivewal: Archiver = {
  name: 'pg_receivewal 15',
  start: async (cluster, signal) => {
    const into = await cluster.makeFolder('received');
    const where = ['-D', into, '-h', cluster.folder, '-p', String(cluster.port), '-U', cluster.login.user];
    execFileSync(RECEIVEWAL, [...where, '--create-slot', '--slot', SLOT], { ...cluster.identity, cwd: '/' });
    const child = spawn(RECEIVEWAL, [...where, '--slot', SLOT], { ...cluster.identity, cwd: '/', stdio: 'ignore' });
    return {
      cpuMs: () => treeCpuMs(child.pid ?? 0),
      [Symbol.asyncDispose]: async () => {
        await endChild(child, 'SIGTERM');
        await dropSlot(cluster, signal);
        await rm(into, { recursive: true });
      },
    };
  },
};

/** It is called for each segment of 16 MB when that is full, so what it may lose is as much. With its own defaults. */
export const pgbackrest: Archiver = {
  name: 'pgBackRest',
  start: async (cluster) => {
    const { folder } = await openStanza(cluster);
    return {
      cpuMs: () => 0,
      [Symbol.asyncDispose]: async () => {
        await setArchiveCommand(cluster, '/bin/true');
        await rm(folder, { recursive: true, force: true, maxRetries: 10 });
      },
    };
  },
};

/** Undefined: the machine has the programs that these need. */
export function missingPeers(): string | undefined {
  const missing = [RECEIVEWAL, PGBACKREST, PGBENCH].filter((path) => !existsSync(path));
  if (missing.length === 0) return undefined;
  return `${missing.join(', ')} not found: apt-get install postgresql-15 postgresql-contrib pgbackrest`;
}

export const PGBENCH = '/usr/lib/postgresql/15/bin/pgbench';

async function dropSlot(cluster: Cluster, signal: AbortSignal): Promise<void> {
  const isGone = async () => {
    const error = await cluster.query(`SELECT pg_drop_replication_slot('${SLOT}')`).catch((cause: Error) => cause);
    return error === undefined;
  };
  await until('the slot to be free', isGone, { ...PATIENCE, signal });
}
