import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { Server } from 'node:net';
import { createInterface } from 'node:readline';

/*
 * An instance of its own process: `node instance-main.ts HOST [http2]`. It prints its port, answers in some milliseconds, and does
 * from then on what the last line of its standard input says. When that ends, it ends.
 */
type Mood = 'well' | 'slow' | 'fails' | 'unavailable' | 'resets';

const WORK_MS = 3;
const SLOW_MS = 2_000;
const [host = '127.0.0.1', speaks] = process.argv.slice(2);
let mood: Mood = 'well';

const listener = (
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
) => {
  if (mood === 'resets') return void request.socket.resetAndDestroy();
  const status = mood === 'fails' ? 500 : mood === 'unavailable' ? 503 : 200;
  setTimeout(() => {
    response.writeHead(status);
    response.end('done');
  }, mood === 'slow' ? SLOW_MS : WORK_MS);
};
const server: Server = speaks === 'http2' ? createHttp2Server(listener) : createServer(listener);
server.listen(0, host, () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') process.stdout.write(`${address.port}\n`);
});
createInterface(process.stdin)
  .on('line', (line) => {
    mood = line as Mood;
  })
  .on('close', () => process.exit(0));
