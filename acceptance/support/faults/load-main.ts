import { Agent, request } from 'node:http';

/*
 * A load generator of its own process: `node load-main.ts URL`. Keep-alive connections, a steady rate, each request once
 * and never retried. It prints an empty line
 * at the first answer; when its stdin ends, it ends, and prints what it counted as JSON.
 */
const RATE_PER_S = 50;
const CONNECTIONS = 4;
const TIMEOUT_MS = 20_000;
const MAX_KEPT_ERRORS = 10;

const [url = ''] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
const counted = { ok: 0, failed: 0, errors: [] as string[], pids: {} as Record<string, number> };
const underWay = new Set<Promise<void>>();

const timer = setInterval(() => {
  const one = ask().then(succeed, fail);
  underWay.add(one);
  void one.finally(() => underWay.delete(one));
}, 1_000 / RATE_PER_S);
process.stdin.resume();
process.stdin.once('end', async () => {
  clearInterval(timer);
  await Promise.all(underWay);
  process.stdout.write(JSON.stringify(counted));
  process.exit(0);
});

function ask(): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request(url, { agent, timeout: TIMEOUT_MS }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => (text += chunk));
      response.once('error', reject);
      response.once('end', () =>
        response.statusCode === 200
          ? resolve(text)
          : reject(new Error(`${response.statusCode}: ${text.slice(0, 200)}`)),
      );
    });
    call.once('timeout', () => call.destroy(new Error('timeout')));
    call.once('error', reject);
    call.end();
  });
}

function succeed(text: string): void {
  if (counted.ok++ === 0) process.stdout.write('\n');
  const { pid } = JSON.parse(text) as { pid: number };
  counted.pids[pid] = (counted.pids[pid] ?? 0) + 1;
}

function fail(error: Error): void {
  counted.failed++;
  if (counted.errors.length < MAX_KEPT_ERRORS) counted.errors.push(error.message);
}
