import { Agent, get } from 'node:http';

/*
 * Load of its own process: `node load-main.ts RATE SECONDS URL …`. A steady rate of GETs to each URL, over kept
 * connections, each asked once and never again. Prints an empty line with the first answer, and in the end what became
 * of each URL's requests, as JSON: `LoadReport[]`.
 */
export interface LoadReport {
  readonly requests: number;
  /** Every request that failed or took long. */
  readonly noted: readonly Noted[];
}

export interface Noted {
  /** Milliseconds since the epoch when its answer was there, or was not to come. */
  readonly endedAt: number;
  readonly tookMs: number;
  /** Undefined: it was answered well. */
  readonly failure: string | undefined;
}

const NOTED_FROM_MS = 250;
const TICK_MS = 5;
const CONNECTIONS = 128;
const TIMEOUT_MS = 20_000;

async function main([rate, seconds, ...urls]: readonly string[]): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const lanes = urls.map((url) => ({ url, requests: 0, noted: [] as Noted[] }));
  const underWay = new Set<Promise<void>>();
  const startedAt = Date.now();
  let answered = false;
  const ask = async ({ url, noted }: (typeof lanes)[number]) => {
    const sentAt = Date.now();
    const failure = await outcome(url, agent);
    const endedAt = Date.now();
    if (!answered) process.stdout.write('\n');
    answered = true;
    if (failure !== undefined || endedAt - sentAt >= NOTED_FROM_MS)
      noted.push({ endedAt, tookMs: endedAt - sentAt, failure });
  };
  while (Date.now() - startedAt < Number(seconds) * 1000) {
    const due = ((Date.now() - startedAt) * Number(rate)) / 1000;
    for (const lane of lanes) {
      for (; lane.requests < due; lane.requests++) {
        const one = ask(lane);
        underWay.add(one);
        void one.finally(() => underWay.delete(one));
      }
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  await Promise.all(underWay);
  process.stdout.write(JSON.stringify(lanes.map(({ requests, noted }): LoadReport => ({ requests, noted }))));
  agent.destroy();
}

function outcome(url: string, agent: Agent): Promise<string | undefined> {
  return new Promise((resolve) => {
    const request = get(url, { agent, timeout: TIMEOUT_MS }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        text += piece;
      });
      response.on('error', (error) => resolve(error.message));
      response.on('end', () => resolve(response.statusCode === 200 ? undefined : `${response.statusCode} ${text}`));
    });
    request.on('timeout', () => request.destroy(new Error('no answer')));
    request.on('error', (error) => resolve(error.message));
  });
}

if (import.meta.main) await main(process.argv.slice(2));
