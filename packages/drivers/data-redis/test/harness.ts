import type { StoreConnection } from '@islet/driver';
import {
  type BackupTraits,
  type CreateServers,
  makeServerWorld,
  openServerWorld,
  patience,
  serverHarness,
} from '@islet/driver/conformance';
import { freePorts } from '../../../../scripts/test/free-port.ts';
import { withClient } from '../src/client.ts';
import { createRedis, createRedisReader } from '../src/index.ts';

export { patience, type ServerWorld as World } from '@islet/driver/conformance';

export const PATH = '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin';

const creating = (path: string): CreateServers => {
  return (options) => createRedis({ ...options, path, ports: freePorts() });
};

export const makeWorld = (path = PATH) => makeServerWorld(creating(path));
export const openWorld = (root: string, system: string, path = PATH) =>
  openServerWorld(creating(path), { root, system });

export async function send({ port, user, password }: StoreConnection, ...words: string[]): Promise<unknown> {
  const login = { port: port!, user: user!, password: password! };
  return withClient(login, patience().signal, (ask) => ask(...words));
}

/** Replies as rows of one `x` each. */
export async function query(connection: StoreConnection, text: string) {
  const reply = await send(connection, ...text.split(' '));
  return [reply].flat().map((value) => ({ x: Number(value) }));
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
export function makeHarness(path = PATH) {
  return serverHarness(creating(path), { reader: createRedisReader(), query });
}
