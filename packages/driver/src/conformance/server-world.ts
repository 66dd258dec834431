import { chmod, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSupervisor, removeServiceUser, type Supervisor } from '@islet/supervise';
import type { StoreReader } from '../backups.ts';
import type { CallOptions } from '../compute.ts';
import type { DataDriver, StoreConnection, StoreRequest } from '../data.ts';
import type { Layout } from '../layout.ts';
import type { ServerOptions } from '../server/options.ts';
import type { BackupHarness } from './backups.ts';

/** A system with nothing but stores of one engine, in a folder of its own. */
export interface ServerWorld {
  readonly layout: Layout;
  readonly system: string;
  readonly driver: DataDriver;
  readonly supervisor: Supervisor;
  /** Ends this control plane, servers running. */
  leave(): Promise<void>;
  /** The same, and begins another one in the same folder. */
  again(between?: () => Promise<void>): Promise<ServerWorld>;
  /** Stops and purges every store, and removes all that was made. */
  close(): Promise<void>;
}

export type CreateServers = (options: Omit<ServerOptions, 'path' | 'ports'> & { readonly tools: string }) => DataDriver;

let worlds = 0;

export async function makeServerWorld(create: CreateServers): Promise<ServerWorld> {
  const root = await mkdtemp(join(tmpdir(), 'islet-stores-'));
  // As a system's folder is: each service's user can pass.
  await chmod(root, 0o711);
  return openServerWorld(create, { root, system: `stores${process.pid}-${worlds++}` });
}

export async function openServerWorld(
  create: CreateServers,
  { root, system }: { readonly root: string; readonly system: string },
): Promise<ServerWorld> {
  // One folder for both, as where every user can pass.
  const state = join(root, '.islet');
  await mkdir(state, { recursive: true, mode: 0o711 });
  const layout = { state, runtime: state };
  const supervisor = await openSupervisor({ folder: join(state, 'processes'), system });
  const log = { info: () => {}, warn: () => {} };
  const driver = create({ layout, system, supervisor, tools: join(root, 'tools'), log });
  const leave = async () => {
    await driver.close();
    await supervisor.close();
  };
  return {
    layout,
    system,
    driver,
    supervisor,
    leave,
    again: async (between) => {
      await leave();
      await between?.();
      return openServerWorld(create, { root, system });
    },
    close: async () => {
      for (const service of Object.keys(await driver.observe())) {
        await driver.stop({ service }, patience());
        await driver.purge({ service }, patience());
        await removeServiceUser({ system, service });
      }
      await leave();
      const left = await readdir(state, { recursive: true });
      const orphans = left.filter((path) => !SHARED.includes(path));
      if (orphans.length > 0) throw new Error(`a purge left ${orphans.join(', ')}`);
      await rm(root, { recursive: true });
    },
  };
}

/** Folders that stay; of records, the drivers' own. */
const SHARED = ['processes', 'services', 'logs', 'logs/services', 'credentials', 'mariadb', 'redis'];

export interface ServerHarnessParts {
  readonly reader: StoreReader;
  readonly query: (connection: StoreConnection, text: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Of every request beside the service's name. */
  readonly request?: Partial<StoreRequest>;
}

/** For the conformance suites. */
export async function serverHarness(
  create: CreateServers,
  { reader, query, request = {} }: ServerHarnessParts,
): Promise<BackupHarness> {
  const world = await makeServerWorld(create);
  const { driver, system } = world;
  const services = new Set<string>();
  return {
    driver,
    reader,
    request: async (service) => {
      services.add(service);
      return { service, url: undefined, ...request };
    },
    query: async (service, text) => query(await driver.connection({ service }), text),
    queryWith: query,
    close: async () => {
      for (const service of services) await removeServiceUser({ system, service });
      await world.close();
    },
  };
}

export function patience(): CallOptions {
  return { signal: AbortSignal.timeout(60_000) };
}
