import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { DriverError } from '@islet/driver';
import type { Database } from './database.ts';

/**
 * Ports below the ephemeral range (32768 and up on Linux), so that no outgoing connection can be given one of them. Each
 * system begins at its own place in the range, so that two systems on one machine seldom meet.
 */
const FIRST = 20_000;
const COUNT = 10_000;

export interface Ports {
  /** The port of that name: the same as before where it is still free, or is in use by its owner (`keep`). */
  take(name: string, options?: { readonly keep?: boolean }): Promise<number>;
  get(name: string): number | undefined;
  /** Whether one may listen there now. */
  isFree(port: number): Promise<boolean>;
  release(name: string): void;
  /** Names that begin so. */
  names(prefix: string): readonly string[];
}

export function openPorts(database: Database, system: string, isFree = isFreeNow): Ports {
  const one = database.prepare('SELECT port FROM ports WHERE name = ?');
  const taken = database.prepare('SELECT name FROM ports WHERE port = ?');
  const put = database.prepare(
    'INSERT INTO ports (name, port) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET port = excluded.port',
  );
  const drop = database.prepare('DELETE FROM ports WHERE name = ?');
  const names = database.prepare('SELECT name FROM ports WHERE substr(name, 1, length(?1)) = ?1 ORDER BY name');
  const get = (name: string) => (one.get(name) as { port: number } | undefined)?.port;
  const start = createHash('sha256').update(system).digest().readUInt32BE(0) % COUNT;
  let queue: Promise<unknown> = Promise.resolve();

  async function allocate(name: string, keep: boolean): Promise<number> {
    const before = get(name);
    if (before !== undefined && (keep || (await isFree(before)))) return before;
    for (let offset = 0; offset < COUNT; offset++) {
      const port = FIRST + ((start + offset) % COUNT);
      if (taken.get(port) !== undefined || !(await isFree(port))) continue;
      put.run(name, port);
      return port;
    }
    throw new DriverError('unavailable', `no port between ${FIRST} and ${FIRST + COUNT - 1} is free`, {
      hint: 'end programs that listen there',
    });
  }

  return {
    get,
    isFree,
    take: (name, { keep = false } = {}) => {
      const next = queue.then(() => allocate(name, keep));
      queue = next.catch(() => undefined);
      return next;
    },
    release: (name) => {
      drop.run(name);
    },
    names: (prefix) => (names.all(prefix) as { name: string }[]).map(({ name }) => name),
  };
}

/** Whether one may listen there on the loopback now, by trying. */
async function isFreeNow(port: number): Promise<boolean> {
  return (await refusalToListen(port, '127.0.0.1')) === undefined;
}

/** Why one can't listen there now, found out by trying: the system's code, such as `EADDRINUSE`; undefined: one can. */
export function refusalToListen(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? 'unknown'));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
