import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { queryMetrics, type Store } from '@islet/telemetry/measure';
import type { Context } from '../context.ts';
import type { Claim } from '../measure/claim.ts';
import { percentile } from '../measure/statistics.ts';
import { run } from '../support/program.ts';
import { ALL_CORES, freePort, startServer } from '../traffic/server.ts';
import { rowsOf, type Stock } from './stock.ts';

const HOUR = 60 * 60_000;
/** What it is given of the week: the finest steps, as far back as a chart shows them. */
const HOURS = 6;
const POINTS = 180;
const IMPORT_MS = 5 * 60_000;

/** The metrics of a chart, as each names them. */
const CHARTS = [
  { name: 'requests', ask: (of: string, over: string) => `sum(rate(requests_total{${of},scope="edge"}[${over}]))` },
  {
    name: 'in-flight',
    ask: (of: string, over: string) => `sum(avg_over_time(in_flight{${of},scope="edge"}[${over}]))`,
  },
  { name: 'cpu', ask: (of: string, over: string) => `sum(avg_over_time(cpu{${of}}[${over}]))` },
] as const;
const FAMILIES = {
  requests: { type: 'counter', family: 'requests', sample: 'requests_total' },
  errors: { type: 'counter', family: 'errors', sample: 'errors_total' },
  'in-flight': { type: 'gauge', family: 'in_flight', sample: 'in_flight' },
  cpu: { type: 'gauge', family: 'cpu', sample: 'cpu' },
  memory: { type: 'gauge', family: 'memory', sample: 'memory' },
} as const;

/** The charts of a service's page, asked of the store and of a Prometheus that has the same series. */
export async function* charts(folder: string, context: Context, { store, stock }: Asked): AsyncIterable<Claim> {
  const { progress, signal, times } = context;
  const home = join(folder, 'prometheus');
  mkdirSync(home, { recursive: true });
  progress(`${HOURS} hours of metrics for Prometheus`);
  const samples = writeSamples(home, stock);
  const data = join(home, 'data');
  const program = { cwd: home, env: process.env, signal };
  await run({
    ...program,
    argv: ['promtool', 'tsdb', 'create-blocks-from', 'openmetrics', join(home, 'samples.txt'), data],
    deadlineMs: IMPORT_MS,
  });
  const { stdout: version } = await run({ ...program, argv: ['prometheus', '--version'], deadlineMs: IMPORT_MS });
  writeFileSync(join(home, 'none.yml'), '');
  const port = await freePort();
  const flags = [`--config.file=${join(home, 'none.yml')}`, `--storage.tsdb.path=${data}`];
  await using _ = await startServer({
    argv: ['prometheus', ...flags, '--storage.tsdb.retention.time=50y', `--web.listen-address=127.0.0.1:${port}`],
    cwd: home,
    cores: ALL_CORES,
    port,
    signal,
  });
  const [mine, theirs]: [number[], number[]] = [[], []];
  for (let round = 0; round < times(30, 5); round++) {
    const service = stock.services[(round * 7) % stock.services.length] ?? '';
    for (const { name, ask } of CHARTS) {
      for (const ms of [HOUR, HOURS * HOUR]) {
        const [from, to] = [stock.to - ms, stock.to];
        mine.push(
          await took(
            async () => queryMetrics(store, { name, service, from, to, points: POINTS }, stock.to).series.length,
          ),
        );
        const step = ms / POINTS / 1000;
        const query = ask(`service="${service}"`, `${Math.max(60, step)}s`);
        const asked = new URLSearchParams({ query, start: `${from / 1000}`, end: `${to / 1000}`, step: `${step}` });
        theirs.push(
          await took(async () => seriesOf(await fetch(`http://127.0.0.1:${port}/api/v1/query_range?${asked}`))),
        );
      }
    }
  }
  const name = `Prometheus ${/version ([\d.]+)/.exec(version)?.[1] ?? ''}`;
  yield {
    claim: 'telemetry.charts.p95',
    unit: 'ms',
    better: 'less',
    islet: { value: percentile(mine, 95), samples: mine },
    peers: { [name]: { value: percentile(theirs, 95), samples: theirs } },
    method: `The 95th percentile of ${mine.length} charts of ${POINTS} points: requests, requests in flight and cores of a service over one hour and ${HOURS}, from rows of 10 s. Prometheus has the same series (${(samples / 1e6).toFixed(1)} million samples, without the histograms), and is asked over HTTP on the loopback, which is a millisecond or so of its time; the store is asked in its process.`,
  };
}

interface Asked {
  readonly store: Store;
  readonly stock: Stock;
}

/** In the text format of OpenMetrics, a family after the other; returns how many samples there are. */
function writeSamples(home: string, stock: Stock): number {
  const from = stock.to - HOURS * HOUR;
  const lines = new Map<string, string[]>(Object.keys(FAMILIES).map((name) => [name, []]));
  let samples = 0;
  for (const service of stock.services.keys()) {
    const counted = new Map<string, number>();
    for (const { at, name, labels, sum, kind } of rowsOf(stock)['metrics-10s']?.(service) ?? []) {
      const family = FAMILIES[name as keyof typeof FAMILIES];
      if (at < from || family === undefined) continue;
      const all = { service: stock.services[service], ...(JSON.parse(labels) as Record<string, string>) };
      const of = Object.entries(all).map(([key, value]) => `${key}="${value}"`);
      const series = `${family.sample}{${of.join(',')}}`;
      const total = kind === 'sum' ? (counted.get(series) ?? 0) + sum : sum;
      counted.set(series, total);
      lines.get(name)?.push(`${series} ${total} ${at / 1000}`);
      samples++;
    }
  }
  const path = join(home, 'samples.txt');
  for (const [name, { type, family }] of Object.entries(FAMILIES)) {
    appendFileSync(path, `# TYPE ${family} ${type}\n${lines.get(name)?.join('\n') ?? ''}\n`);
  }
  appendFileSync(path, '# EOF\n');
  return samples;
}

/** An answer without what was asked for would be quick, and worth nothing. */
async function seriesOf(response: Response): Promise<number> {
  const { data } = (await response.json()) as { data?: { result: readonly { values: readonly unknown[] }[] } };
  const points = data?.result[0]?.values.length ?? 0;
  if (points < POINTS / 2) throw new Error(`Prometheus told ${points} points of ${POINTS}`);
  return data?.result.length ?? 0;
}

/** Milliseconds; of an answer that has no series, none. */
async function took(act: () => Promise<number>): Promise<number> {
  const since = performance.now();
  if ((await act()) === 0) throw new Error('there is nothing in an answer');
  return performance.now() - since;
}
