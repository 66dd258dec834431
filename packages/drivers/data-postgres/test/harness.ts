import { chmod, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataDriver, Layout, StoreConnection, StoreServer } from '@islet/driver';
import { freePorts } from '@islet/driver/conformance';
import { openSupervisor, removeServiceUser, type Supervisor } from '@islet/supervise';
import { Client, type ClientConfig } from 'pg';
import { createPostgres, createPostgresReader } from '../src/index.ts';

/** Where the machine's own programs are. */
export const PATH = '/usr/bin:/bin';

/** A system with nothing but stores, in a folder of its own. */
export interface World {
  readonly layout: Layout;
  readonly system: string;
  readonly driver: DataDriver;
  readonly supervisor: Supervisor;
  /** Ends this control plane, servers running, and begins another one in the same folder. */
  again(): Promise<World>;
  /** Stops and purges every store, and removes all that was made. */
  close(): Promise<void>;
}

let worlds = 0;

export async function makeWorld(): Promise<World> {
  const root = await mkdtemp(join(tmpdir(), 'islet-postgres-'));
  // As a system's folder is: each service's user can pass.
  await chmod(root, 0o711);
  return openWorld(root, `test${process.pid}-${worlds++}`);
}

export async function openWorld(root: string, system: string): Promise<World> {
  // One folder for both, as where every user can pass.
  const state = join(root, '.islet');
  await mkdir(state, { recursive: true, mode: 0o711 });
  const layout = { state, runtime: state };
  const supervisor = await openSupervisor({ folder: join(layout.state, 'processes'), system });
  const tools = join(root, 'tools');
  const log = { info: () => {}, warn: () => {} };
  const driver = createPostgres({ layout, system, supervisor, tools, ports: freePorts(), log, path: PATH });
  const leave = async () => {
    await driver.close();
    await supervisor.close();
  };
  return {
    layout,
    system,
    driver,
    supervisor,
    again: async () => {
      await leave();
      return openWorld(root, system);
    },
    close: async () => {
      for (const service of Object.keys(await driver.observe())) {
        await driver.stop({ service }, patience());
        await driver.purge({ service }, patience());
        await removeServiceUser({ system, service });
      }
      await leave();
      const left = await readdir(layout.state, { recursive: true });
      const orphans = left.filter(
        (path) => !['credentials', 'processes', 'services', 'logs', 'logs/services'].includes(path),
      );
      if (orphans.length > 0) throw new Error(`a purge left ${orphans.join(', ')}`);
      await rm(root, { recursive: true });
    },
  };
}

export function patience(): { signal: AbortSignal } {
  return { signal: AbortSignal.timeout(60_000) };
}

export async function query(
  config: ClientConfig | string,
  sql: string,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const client = new Client(config);
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end().catch(() => {});
  }
}

/** For the conformance suites. */
export async function makeHarness(server?: StoreServer) {
  const world = await makeWorld();
  const services = new Set<string>();
  return {
    driver: world.driver,
    reader: createPostgresReader(),
    request: async (service: string) => {
      services.add(service);
      return { service, url: undefined, ...(server && { server }) };
    },
    query: async (service: string, sql: string) => query((await world.driver.connection({ service })).url, sql),
    queryWith: ({ url }: StoreConnection, sql: string) => query(url, sql),
    close: async () => {
      for (const service of services) await removeServiceUser({ system: world.system, service });
      await world.close();
    },
  };
}
