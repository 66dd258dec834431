import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contender, Rig } from './contender.ts';
import { freePort, PROXY_CORE, type Server, startServer } from './server.ts';

/**
 * What the runtime's sockets cost alone: bytes passed on between two of them, read into one buffer and written at once. It
 * understands nothing of what it passes on, so what a proxy for Node takes beyond that is its own work.
 * Where it reads all that has come before any answer, one that reads less at once can be quicker. It is no peer.
 */
export const relay: Contender = {
  name: 'bytes passed on by node:net',
  features: 'none: it reads no request',
  speaks: ['plain'],
  compiles: true,
  start,
};

const SOURCE = `import { connect, createServer, Socket } from 'node:net';
const buffers = [Buffer.allocUnsafeSlow(65536), Buffer.allocUnsafeSlow(262144)];
const reading = (into, other) => ({ buffer: into, callback: (count) => {
  const view = into.subarray(0, count);
  const to = other();
  to.write(count < 65536 ? Buffer.from(view) : view);
  return true;
} });
createServer({ noDelay: true, pauseOnConnect: true }, (accepted) => {
  const up = connect({ port: Number(process.env.BACKEND), host: '127.0.0.1', noDelay: true, onread: reading(buffers[1], () => down) });
  const down = new Socket({ handle: accepted._handle, onread: reading(buffers[0], () => up) });
  accepted._handle = null;
  for (const [one, other] of [[up, down], [down, up]]) one.on('close', () => other.destroy()).on('error', () => undefined);
}).listen(Number(process.env.PORT), '127.0.0.1');
`;

async function start({ folder, backendPort, signal }: Rig): Promise<Server> {
  const port = await freePort();
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'relay.mjs');
  await writeFile(file, SOURCE);
  const env = { PORT: String(port), BACKEND: String(backendPort) };
  return await startServer({ argv: [process.execPath, file], cwd: folder, env, cores: PROXY_CORE, port, signal });
}
