import { createServer } from 'node:net';

/** For drivers whose stores are servers: ports below the ephemeral range, one after the other; each test process begins elsewhere. */
export interface FreePorts {
  take(name: string): Promise<number>;
}

export function freePorts(): FreePorts {
  let next = 20_000 + (process.pid % 400) * 25;
  const kept = new Map<string, number>();
  return {
    take: async (name) => {
      let port = kept.get(name) ?? next++;
      while (!(await isFree(port))) port = next++;
      kept.set(name, port);
      return port;
    },
  };
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
      .once('error', () => resolve(false))
      .listen({ port, host: '127.0.0.1' }, () => server.close(() => resolve(true)));
  });
}
