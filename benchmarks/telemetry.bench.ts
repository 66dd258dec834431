import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Benchmark, Context } from './context.ts';
import type { Claim } from './measure/claim.ts';
import { away } from './telemetry/away.ts';
import { DuckDbStore, installDuckDb } from './telemetry/duckdb.ts';
import { forwarding } from './telemetry/forwarding.ts';
import { logsIn, spansIn } from './telemetry/ingest.ts';
import { queries } from './telemetry/queries.ts';
import { service } from './telemetry/service.ts';
import { SqliteStore } from './telemetry/sqlite.ts';

/** What the telemetry store takes in, how soon it answers, what services pay for it, and what it costs when it is away. */
export const telemetry: Benchmark = { name: 'telemetry', claims };

async function* claims(context: Context): AsyncIterable<Claim> {
  const folder = mkdtempSync(join(tmpdir(), 'islet-telemetry-bench-'));
  try {
    if (context.wants('telemetry.spans') || context.wants('telemetry.logs')) yield* ingested(folder, context);
    if (context.wants('telemetry.queries') || context.wants('telemetry.charts')) yield* queries(folder, context);
    if (['away', 'killed', 'disk-full'].some((claim) => context.wants(`telemetry.${claim}`))) yield* away(context);
    if (context.wants('telemetry.service')) yield* service(context);
    if (context.wants('telemetry.forward')) yield* forwarding(folder, context);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function* ingested(folder: string, context: Context): AsyncIterable<Claim> {
  context.progress('DuckDB from npm');
  const duckDb = await installDuckDb(join(folder, 'duckdb'), context.signal);
  using sqlite = new SqliteStore(join(folder, 'peer.sqlite'));
  using duck = await DuckDbStore.open(join(folder, 'peer.duckdb'), duckDb);
  const parts = { folder, context, baselines: [sqlite, duck] };
  // First, so that what the peers have on disk for a line is of lines alone.
  if (context.wants('telemetry.logs')) yield* logsIn(parts);
  if (context.wants('telemetry.spans')) yield* spansIn(parts);
}
