import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

/*
 * An instance of its own process: `node instance-main.ts HOST`. It prints its port, answers in some milliseconds, and does
 * from then on what the last line of its standard input says. When that ends, it ends.
 */
type Mood = 'well' | 'slow' | 'fails' | 'unavailable' | 'resets';

const WORK_MS = 3;
const SLOW_MS = 2_000;
const [host = '127.0.0.1'] = process.argv.slice(2);
let mood: Mood = 'well';

const server = createServer((request, response) => {
  if (mood === 'resets') return void request.socket.resetAndDestroy();
  const status = mood === 'fails' ? 500 : mood === 'unavailable' ? 503 : 200;
  setTimeout(() => response.writeHead(status).end('done'), mood === 'slow' ? SLOW_MS : WORK_MS);
});
server.listen(0, host, () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') process.stdout.write(`${address.port}\n`);
});
createInterface(process.stdin)
  .on('line', (line) => {
    mood = line as Mood;
  })
  .on('close', () => process.exit(0));
