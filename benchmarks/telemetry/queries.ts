import { join } from 'node:path';
import { DEFAULT_TELEMETRY } from '@islet/spec';
import { Store } from '@islet/telemetry/measure';
import type { Context } from '../context.ts';
import type { Claim } from '../measure/claim.ts';
import { percentile } from '../measure/statistics.ts';
import { fillStore } from './fill.ts';
import { charts } from './prometheus.ts';
import { QUESTIONS } from './questions.ts';
import { stockTo } from './stock.ts';

/** Of fifty million records. */
const SHARE = { full: 1, quick: 0.02 } as const;
const SLOWEST = 4;

/** How soon the dashboard's own questions are answered over a week of telemetry. */
export async function* queries(folder: string, context: Context): AsyncIterable<Claim> {
  const { times, pace, progress, signal } = context;
  const now = Date.UTC(2026, 0, 8);
  const stock = stockTo(now, pace === 'quick' ? SHARE.quick : SHARE.full);
  const home = join(folder, 'week');
  const records = await fillStore(home, stock, context);
  const policy = { ...DEFAULT_TELEMETRY, maxDiskBytes: 2 ** 40 };
  const { store } = Store.open({ folder: home, now: () => now, policyOf: () => policy });
  if (context.wants('telemetry.charts')) yield* charts(folder, context, { store, stock });
  if (!context.wants('telemetry.queries')) return;
  const byName = new Map<string, number[]>(QUESTIONS.map(({ name }) => [name, []]));
  const rounds = times(20, 5);
  for (let round = 0; round < rounds; round++) {
    signal.throwIfAborted();
    progress(
      `${QUESTIONS.length} questions over ${(records / 1e6).toFixed(1)} million records, ${round + 1} of ${rounds}`,
    );
    for (const { name, ask } of QUESTIONS) {
      const since = performance.now();
      await ask(store, stock, round);
      byName.get(name)?.push(performance.now() - since);
    }
  }
  const all = [...byName.values()].flat();
  const slowest = [...byName]
    .map(([name, samples]) => ({ name, p95: percentile(samples, 95) }))
    .sort((one, other) => other.p95 - one.p95)
    .slice(0, SLOWEST)
    .map(({ name, p95 }) => `${name} ${p95.toFixed(0)} ms`);
  const bytes = store.bytes() / records;
  yield {
    claim: 'telemetry.queries.p95',
    unit: 'ms',
    better: 'less',
    islet: { value: percentile(all, 95), samples: all },
    peers: {},
    method: `The 95th percentile of what the dashboard's pages ask, each of ${QUESTIONS.length} questions ${rounds} times, over ${(records / 1e6).toFixed(1)} million records of a week of ${stock.services.length} services on the disk (${bytes.toFixed(0)} bytes each), opened anew. The slowest, by their own: ${slowest.join(', ')}. No peer holds all of it at once; telemetry.logs.found asks the same of SQLite and DuckDB, over less.`,
  };
}
