import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataDriver } from '@islet/driver';
import { removeServiceUser, serviceUser } from '@islet/supervise';
import { createSqlite, createSqliteReader } from '../src/index.ts';

export const asRoot = process.getuid?.() === 0;
export const patience = () => ({ signal: AbortSignal.timeout(30_000) });

export interface World {
  readonly root: string;
  readonly system: string;
  readonly driver: DataDriver;
  readonly open: () => DataDriver;
  readonly close: (services: Iterable<string>) => Promise<void>;
}

let worlds = 0;

export async function makeWorld(): Promise<World> {
  const root = await mkdtemp(join(tmpdir(), 'islet-sqlite-'));
  // As a system's folder is: each service's user can pass.
  await chmod(root, 0o711);
  const system = `sqlite${process.pid}-${worlds++}`;
  const layout = { state: join(root, 'state'), runtime: join(root, 'runtime') };
  const open = () => createSqlite({ layout, system });
  const close = async (services: Iterable<string>) => {
    for (const service of services) await removeServiceUser({ system, service });
    await rm(root, { recursive: true });
  };
  return { root, system, driver: open(), open, close };
}

/** As the service itself would, with its rights. */
export function query(
  path: string,
  sql: string,
  uid: number | undefined,
): readonly Readonly<Record<string, unknown>>[] {
  const program = `const db = new (require('node:sqlite').DatabaseSync)(process.argv[1], { timeout: 30_000 });
    console.log(JSON.stringify(db.prepare(process.argv[2]).all()))`;
  const identity = uid === undefined ? {} : { uid, gid: uid };
  const { stdout, stderr, status } = spawnSync(process.execPath, ['-e', program, path, sql], {
    ...identity,
    cwd: '/',
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Record<string, unknown>[];
}

export async function makeHarness() {
  const world = await makeWorld();
  const services = new Set<string>();
  const { system, driver } = world;
  return {
    driver,
    reader: createSqliteReader(),
    request: async (service: string) => {
      services.add(service);
      return { service, url: undefined };
    },
    query: async (service: string, sql: string) => {
      const { path } = await driver.connection({ service });
      return query(path!, sql, (await serviceUser({ system, service }))?.uid);
    },
    close: async () => {
      await driver.close();
      await world.close(services);
    },
  };
}
