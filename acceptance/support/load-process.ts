import { Agent, get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

/** node load-process.ts URL: prints a line at the first answer, and the outcomes when stdin ends. */
const CONNECTIONS = 4;
const PAUSE_MS = 5;
/** An answer that takes longer is one that did not come. */
const TIMEOUT_MS = 20_000;

const [url = ''] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
const outcomes = { ok: 0, others: {} as Record<string, number> };
let stopping = false;
process.stdin.resume().once('end', () => {
  stopping = true;
});

await Promise.all(Array.from({ length: CONNECTIONS }, () => ask()));
process.stdout.write(`${JSON.stringify(outcomes)}\n`);
agent.destroy();

async function ask(): Promise<void> {
  while (!stopping) {
    count(await one());
    await pause(PAUSE_MS);
  }
}

function one(): Promise<string> {
  return new Promise((done) => {
    const request = get(url, { agent, timeout: TIMEOUT_MS }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text) => {
        body += text;
      });
      response.once('end', () => done(response.statusCode === 200 ? 'ok' : `${response.statusCode} ${body}`));
      response.once('error', (error) => done(error.message));
    });
    request.once('timeout', () => request.destroy(new Error('no answer')));
    request.once('error', (error) => done(error.message));
  });
}

function count(outcome: string): void {
  if (outcomes.ok === 0 && outcome === 'ok') process.stdout.write('answered\n');
  if (outcome === 'ok') outcomes.ok++;
  else outcomes.others[outcome] = (outcomes.others[outcome] ?? 0) + 1;
}
