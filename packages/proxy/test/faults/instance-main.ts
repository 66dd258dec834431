import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { Server } from 'node:net';
import { createInterface } from 'node:readline';

/*
 * An instance of its own process: `node instance-main.ts HOST [http2]`. It prints its port, answers in some milliseconds, and does
 * from then on what the last line of its standard input says. When that ends, it ends.
 */
type Request = IncomingMessage | Http2ServerRequest;
type Response = ServerResponse | Http2ServerResponse;
type Mood = 'well' | 'slow' | 'fails' | 'unavailable' | 'resets';

const WORK_MS = 3;
const SLOW_MS = 2_000;
const [host = '127.0.0.1', speaks] = process.argv.slice(2);
let mood: Mood = 'well';

const server: Server = speaks === 'http2' ? createHttp2Server(answer) : createServer(answer);
server.listen(0, host, () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') process.stdout.write(`${address.port}\n`);
});
createInterface(process.stdin)
  .on('line', (line) => {
    mood = line as Mood;
  })
  .on('close', () => process.exit(0));

function answer(request: Request, response: Response): void {
  if (mood === 'resets') return void request.socket.resetAndDestroy();
  const status = mood === 'fails' ? 500 : mood === 'unavailable' ? 503 : 200;
  response.statusCode = status;
  setTimeout(() => response.end('done'), mood === 'slow' ? SLOW_MS : WORK_MS);
}
