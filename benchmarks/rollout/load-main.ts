import { Agent, get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

/*
 * node load-main.ts URL CONNECTIONS PER_SECOND: GETs until its input ends; 0 a second is as many as the connections carry.
 * Tells how many it has sent ten times a second, and at the end how all of them went.
 */
const [url = '', connections = '1', perSecond = '0'] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: Number(connections) });
const TIMEOUT_MS = 20_000;
const told = {
  sent: 0,
  failed: 0,
  reset: 0,
  statuses: {} as Record<string, number>,
  versions: {} as Record<string, Seen>,
  /** Of the answers, from sending to the last byte. */
  p99Ms: 0,
};
const tookMs: number[] = [];
interface Seen {
  answers: number;
  failures: number;
  /** Milliseconds since the epoch. */
  firstAt: number;
  lastAt: number;
}
let stopping = false;
process.stdin.resume().once('end', () => {
  stopping = true;
});
const ticking = setInterval(() => process.stdout.write(`${told.sent}\n`), 100);
const workers = Array.from({ length: Number(connections) }, (_, index) => work(index));
await Promise.all(workers);
clearInterval(ticking);
told.p99Ms = tookMs.sort((one, other) => one - other)[Math.ceil(tookMs.length * 0.99) - 1] ?? 0;
process.stdout.write(`${JSON.stringify(told)}\n`);
agent.destroy();

async function work(index: number): Promise<void> {
  const everyMs = Number(perSecond) > 0 ? (1_000 * Number(connections)) / Number(perSecond) : 0;
  let dueAt = performance.now() + (everyMs * index) / Number(connections);
  while (!stopping) {
    if (everyMs > 0) {
      await pause(Math.min(200, Math.max(0, dueAt - performance.now())));
      if (performance.now() < dueAt) continue;
      dueAt += everyMs;
    }
    await ask();
  }
}

function ask(): Promise<void> {
  told.sent += 1;
  const startedAt = Date.now();
  const since = performance.now();
  return new Promise((done) => {
    const request = get(url, { agent, timeout: TIMEOUT_MS }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text) => {
        body += text;
      });
      response.once('error', () => lost('reset'));
      response.once('end', () => answered(response.statusCode ?? 0, body));
    });
    const lost = (kind: 'failed' | 'reset') => {
      told[kind] += 1;
      done();
    };
    const answered = (status: number, body: string) => {
      tookMs.push(performance.now() - since);
      if (status !== 200) {
        told.failed += 1;
        told.statuses[status] = (told.statuses[status] ?? 0) + 1;
      }
      const version = /^[a-z]+/.exec(body)?.[0] ?? '';
      const known = told.versions[version];
      const seen = known ?? { answers: 0, failures: 0, firstAt: startedAt, lastAt: startedAt };
      told.versions[version] = seen;
      seen.answers += 1;
      if (status !== 200) seen.failures += 1;
      seen.lastAt = Math.max(seen.lastAt, startedAt);
      done();
    };
    request.once('timeout', () => request.destroy(new Error('no answer')));
    request.once('error', (error: NodeJS.ErrnoException) => lost(error.code === 'ECONNRESET' ? 'reset' : 'failed'));
  });
}
