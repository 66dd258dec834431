import { createServer, type Server } from 'node:net';

/** For drivers whose stores are servers: a port for each name, the same each time, as long as nobody else took it. */
export interface FreePorts {
  take(name: string): Promise<number>;
}

/**
 * Below the ephemeral range, so that no outgoing connection takes one of them, and below what systems give their
 * instances (20,000 and up): tests of whole systems run beside these.
 */
const BLOCKS = { first: 17_000, size: 100, count: 30 } as const;

/**
 * Test files run side by side, and a port that is free when one of them looks is soon another's. So a process takes a
 * whole block, whose first port it listens on until it ends, and takes ports out of it one after the other.
 */
let block: Promise<Block> | undefined;

interface Block {
  readonly first: number;
  readonly end: number;
  next: number;
}

export function freePorts(): FreePorts {
  const kept = new Map<string, number>();
  return {
    take: async (name) => {
      block ??= takeBlock();
      const own = await block;
      let port = kept.get(name) ?? nextOf(own);
      for (let looked = 0; !(await isFree(port)); looked++) {
        if (looked === BLOCKS.size) throw new Error(`no port from ${own.first} to ${own.end} is free`);
        port = nextOf(own);
      }
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
    return { first, end: first + BLOCKS.size - 1, next: first };
  }
  throw new Error('every block of ports is taken by another test');
}

/** After the last comes the first again: what was taken long ago may be free. */
function nextOf(own: Block): number {
  own.next = own.next === own.end ? own.first + 1 : own.next + 1;
  return own.next;
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
