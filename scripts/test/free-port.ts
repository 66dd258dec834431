import { createServer, type Server } from 'node:net';

/*
 * Ports for tests whose listener is named before it listens: of a gateway, a store, another program.
 *
 * To listen on port 0 and close is not enough: such a port is of those that outgoing connections get, and the next one of
 * any process may be given it before the listener comes. And test files run side by side: a port that is free when one of
 * them looks is soon another's. So a process takes a whole block of ports that no outgoing connection is given, listens on
 * its first until it ends, and hands the others out in turn.
 */

/** Below the ephemeral range, and below those that systems give their instances (20,000 and up). */
const BLOCKS = { first: 10_000, size: 100, count: 100 } as const;

interface Block {
  readonly first: number;
  last: number;
}

let block: Promise<Block> | undefined;

/** A port of the loopback on which nobody listens, and which no other test is given while this process lives. */
export async function freePort(): Promise<number> {
  block ??= takeBlock();
  const own = await block;
  for (let tried = 1; tried < BLOCKS.size; tried++) {
    const port = nextOf(own);
    if (await isFree(port)) return port;
  }
  throw new Error(`no port from ${own.first} to ${own.first + BLOCKS.size - 1} is free`);
}

/** For those who ask by name, as stores do: a port for each, the same each time, as long as nobody else took it. */
export function freePorts(): { take(name: string): Promise<number> } {
  const kept = new Map<string, number>();
  return {
    take: async (name) => {
      const known = kept.get(name);
      const port = known !== undefined && (await isFree(known)) ? known : await freePort();
      kept.set(name, port);
      return port;
    },
  };
}

async function takeBlock(): Promise<Block> {
  for (let tried = 0; tried < BLOCKS.count; tried++) {
    const first = BLOCKS.first + ((process.pid + tried) % BLOCKS.count) * BLOCKS.size;
    const holder = await listen(first);
    if (holder === undefined) continue;
    holder.unref();
    return { first, last: first };
  }
  throw new Error('every block of ports is taken by another test');
}

/** After the last comes the first again: what was handed out long ago may be free. */
function nextOf(own: Block): number {
  own.last = own.last === own.first + BLOCKS.size - 1 ? own.first + 1 : own.last + 1;
  return own.last;
}

async function isFree(port: number): Promise<boolean> {
  const server = await listen(port);
  return server !== undefined && new Promise((resolve) => server.close(() => resolve(true)));
}

/** Undefined: somebody else listens there. */
function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
      .once('error', () => resolve(undefined))
      .listen({ port, host: '127.0.0.1' }, () => resolve(server));
  });
}
