import { chmod, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataDriver, Layout, StoreConnection } from '@islet/driver';
import { type BackupTraits, freePorts } from '@islet/driver/conformance';
import { openSupervisor, removeServiceUser } from '@islet/supervise';
import { withClient } from '../src/client.ts';
import { createRedis, createRedisReader } from '../src/index.ts';

export const PATH = '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin';

/** A system with nothing but stores, in a folder of its own. */
export interface World {
  readonly layout: Layout;
  readonly system: string;
  readonly driver: DataDriver;
  /** Ends this control plane, servers running, and begins another one in the same folder. */
  again(): Promise<World>;
  /** Ends this control plane, servers running. */
  leave(): Promise<void>;
  /** Stops and purges every store, and removes all that was made. */
  close(): Promise<void>;
}

let worlds = 0;

export async function makeWorld(path = PATH): Promise<World> {
  const root = await mkdtemp(join(tmpdir(), 'islet-redis-'));
  // As a system's folder is: each service's user can pass.
  await chmod(root, 0o711);
  return openWorld(root, `redis${process.pid}-${worlds++}`, path);
}

export async function openWorld(root: string, system: string, path = PATH): Promise<World> {
  const state = join(root, '.islet');
  await mkdir(state, { recursive: true, mode: 0o711 });
  const layout = { state, runtime: state };
  const supervisor = await openSupervisor({ folder: join(state, 'processes'), system });
  const driver = createRedis({
    layout,
    system,
    supervisor,
    ports: freePorts(),
    log: { info: () => {}, warn: () => {} },
    path,
  });
  const leave = async () => {
    await driver.close();
    await supervisor.close();
  };
  return {
    layout,
    system,
    driver,
    leave,
    again: async () => {
      await leave();
      return openWorld(root, system, path);
    },
    close: async () => {
      for (const service of Object.keys(await driver.observe())) {
        await driver.stop({ service }, patience());
        await driver.purge({ service }, patience());
        await removeServiceUser({ system, service });
      }
      await leave();
      const left = await readdir(state, { recursive: true });
      const orphans = left.filter((path) => !/^(redis|processes|services|logs(\/services(\/[^/]+)?)?)$/.test(path));
      if (orphans.length > 0) throw new Error(`a purge left ${orphans.join(', ')}`);
      await rm(root, { recursive: true });
    },
  };
}

export async function send({ port, user, password }: StoreConnection, ...words: string[]): Promise<unknown> {
  const login = { port: port!, user: user!, password: password! };
  return withClient(login, patience().signal, (ask) => ask(...words));
}

/** Replies as rows of one `x` each. */
export async function query(connection: StoreConnection, text: string) {
  const reply = await send(connection, ...text.split(' '));
  return [reply].flat().map((value) => ({ x: Number(value) }));
}

export function patience(): { signal: AbortSignal } {
  return { signal: AbortSignal.timeout(60_000) };
}

/** Numbers in the order in which they were added. */
export const WORDS: BackupTraits['words'] = {
  make: undefined,
  add: (value) => `RPUSH kept ${value}`,
  read: 'LRANGE kept 0 -1',
  ask: 'LLEN kept',
};

/** For `dataConformance`. */
export const STORE_WORDS = { make: undefined, put: (x: number) => `RPUSH kept ${x}`, read: 'LRANGE kept 0 -1' };

/** What backups of a server that tells no instants are held to. */
export const TRAITS: BackupTraits = { words: WORDS, seenWithinMs: 50, isHeard: true };

/** For the conformance suites. */
export async function makeHarness(path = PATH) {
  const world = await makeWorld(path);
  const services = new Set<string>();
  const { driver, system } = world;
  return {
    driver,
    reader: createRedisReader(),
    request: async (service: string) => {
      services.add(service);
      return { service, url: undefined };
    },
    query: async (service: string, text: string) => query(await driver.connection({ service }), text),
    queryWith: query,
    close: async () => {
      for (const service of services) await removeServiceUser({ system, service });
      await world.close();
    },
  };
}
