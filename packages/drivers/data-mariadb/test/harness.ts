import { chmod, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoreConnection } from '@islet/driver';
import { freePorts } from '@islet/driver/conformance';
import { openSupervisor, removeServiceUser } from '@islet/supervise';
import { withConnection } from '../src/connect.ts';
import { createMariadb, createMariadbReader } from '../src/index.ts';

export const PATH = '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin';

let worlds = 0;

/** A system with nothing but stores, in a folder of its own. */
export async function makeWorld() {
  const root = await mkdtemp(join(tmpdir(), 'islet-mariadb-'));
  await chmod(root, 0o711);
  const system = `maria${process.pid}-${worlds++}`;
  const state = join(root, '.islet');
  await mkdir(state, { mode: 0o711 });
  const layout = { state, runtime: state };
  const services = new Set<string>();
  const ports = freePorts();
  const open = async () => {
    const supervisor = await openSupervisor({ folder: join(state, 'processes'), system });
    const driver = createMariadb({
      layout,
      system,
      supervisor,
      tools: join(root, 'tools'),
      ports,
      log: { info: () => {}, warn: () => {} },
      path: PATH,
    });
    const leave = async () => {
      await driver.close();
      await supervisor.close();
    };
    return { driver, leave };
  };
  const close = async () => {
    for (const service of services) await removeServiceUser({ system, service });
    const left = await readdir(state, { recursive: true });
    const orphans = left.filter(
      (path) => !['mariadb', 'processes', 'services', 'logs', 'logs/services'].includes(path),
    );
    if (orphans.length > 0) throw new Error(`a purge left ${orphans.join(', ')}`);
    await rm(root, { recursive: true });
  };
  return { open, services, close, layout };
}

/** What the conformance suites need. */
export async function mariadb() {
  const world = await makeWorld();
  const { driver, leave } = await world.open();
  return {
    driver,
    reader: createMariadbReader(PATH),
    request: async (service: string) => {
      world.services.add(service);
      return { service, url: undefined };
    },
    query: async (service: string, sql: string) => query(await driver.connection({ service }), sql),
    queryWith: query,
    close: async () => {
      for (const service of Object.keys(await driver.observe())) {
        await driver.stop({ service }, patience());
        await driver.purge({ service }, patience());
      }
      await leave();
      await world.close();
    },
  };
}

export async function query({ port, user, password, name }: StoreConnection, sql: string) {
  const where = { port: port!, login: user!, password: password!, database: name };
  return withConnection(where, patience().signal, async (connection) => {
    const [rows] = await connection.query(sql);
    return Array.isArray(rows) ? (rows as Record<string, unknown>[]).map((row) => ({ ...row })) : [];
  });
}

export function patience(): { signal: AbortSignal } {
  return { signal: AbortSignal.timeout(60_000) };
}
