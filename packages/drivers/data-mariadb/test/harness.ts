import type { StoreConnection } from '@islet/driver';
import {
  type CreateServers,
  makeServerWorld,
  openServerWorld,
  patience,
  serverHarness,
} from '@islet/driver/conformance';
import { freePorts } from '../../../../scripts/test/free-port.ts';
import { withConnection } from '../src/connect.ts';
import { createMariadb, createMariadbReader } from '../src/index.ts';

export { patience, type ServerWorld as World } from '@islet/driver/conformance';

export const PATH = '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin';

const create: CreateServers = (options) => createMariadb({ ...options, path: PATH, ports: freePorts() });

export const makeWorld = () => makeServerWorld(create);
export const openWorld = (root: string, system: string) => openServerWorld(create, { root, system });

export async function query({ port, user, password, name }: StoreConnection, sql: string) {
  const where = { port: port!, login: user!, password: password!, database: name };
  return withConnection(where, patience().signal, async (connection) => {
    const [rows] = await connection.query(sql);
    return Array.isArray(rows) ? (rows as Record<string, unknown>[]).map((row) => ({ ...row })) : [];
  });
}

/** For the conformance suites. */
export function makeHarness() {
  return serverHarness(create, { reader: createMariadbReader(PATH), query });
}
