import { createServer } from 'node:net';

/** Below those that systems give their instances, and those of outgoing connections. */
const FIRST = 10_000;
const COUNT = 9_000;

/** A port that is free now. Tests run beside each other, so where to look is left to chance. */
export async function freePort(): Promise<number> {
  while (true) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(false));
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
  });
}
