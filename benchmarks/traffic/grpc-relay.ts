import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contender, Rig } from './contender.ts';
import { freePort, PROXY_CORE, type Server, startServer } from './server.ts';

/**
 * The gateways for Node speak HTTP/1.1 with services. This is what one for gRPC would have to do at least: each stream of a client
 * becomes one of a single connection to the service, heads and trailers as they are.
 */
export const grpcRelay: Contender = {
  name: 'streams passed on by node:http2',
  features: 'none: heads, messages and trailers as they are',
  speaks: ['grpc'],
  compiles: true,
  start,
};

const SOURCE = `import { connect, createServer } from 'node:http2';
const up = connect('http://127.0.0.1:' + process.env.BACKEND, { settings: { initialWindowSize: 1048576 } });
const own = ['connection', 'host', 'http2-settings'];
createServer().on('stream', (stream, fields) => {
  for (const name of own) delete fields[name];
  const call = up.request(fields);
  call.on('response', (answer) => {
    stream.respond(answer, { waitForTrailers: true });
    call.pipe(stream);
  });
  let trailers = {};
  call.on('trailers', (told) => (trailers = { 'grpc-status': told['grpc-status'], 'grpc-message': told['grpc-message'] ?? '' }));
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  stream.pipe(call);
  stream.on('close', () => call.close());
  for (const one of [stream, call]) one.on('error', () => undefined);
}).listen(Number(process.env.PORT), '127.0.0.1');
`;

async function start({ folder, grpcPort, signal }: Rig): Promise<Server> {
  const port = await freePort();
  const file = join(folder, 'grpc-relay.mjs');
  await writeFile(file, SOURCE);
  const env = { PORT: String(port), BACKEND: String(grpcPort) };
  return await startServer({ argv: [process.execPath, file], cwd: folder, env, cores: PROXY_CORE, port, signal });
}
