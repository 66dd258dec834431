import type { StoreServer } from '@islet/driver';
import { type CreateServers, makeServerWorld, openServerWorld, serverHarness } from '@islet/driver/conformance';
import { Client, type ClientConfig } from 'pg';
import { freePorts } from '../../../../scripts/test/free-port.ts';
import { createPostgres, createPostgresReader } from '../src/index.ts';

export { patience, type ServerWorld as World } from '@islet/driver/conformance';

/** Where the machine's own programs are. */
export const PATH = '/usr/bin:/bin';

const create: CreateServers = (options) => createPostgres({ ...options, path: PATH, ports: freePorts() });

export const makeWorld = () => makeServerWorld(create);
export const openWorld = (root: string, system: string) => openServerWorld(create, { root, system });

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
export function makeHarness(server?: StoreServer) {
  return serverHarness(create, {
    reader: createPostgresReader(),
    query: ({ url }, sql) => query(url, sql),
    ...(server && { request: { server } }),
  });
}
