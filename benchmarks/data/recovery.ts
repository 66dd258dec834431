import type { Context } from '../context.ts';
import { type Claim, type Figure, medianFigure } from '../measure/claim.ts';
import { Cluster, DEBIAN } from './cluster.ts';
import { query } from './ledger.ts';
import type { LedgerSystem } from './ledger-system.ts';
import { basebackup, pgbackrest, timeToRecover } from './recoverers.ts';

const NOISE_BYTES = 16 * 1024 * 1024;
const ROW_BYTES = 8_000;
const PUT = `
  INSERT INTO ballast SELECT row, substring($1::bytea, 1 + (random() * $2)::int, $3) FROM generate_series($4::int, $5) AS row`;
const ROWS_AT_ONCE = 4_000;

/** In place, of a database that holds so much, from the command until the service serves from it. */
export async function recovery(system: LedgerSystem, { times, progress }: Context): Promise<Claim> {
  const megabytes = times(2_000, 200);
  progress(`${megabytes} MB are put into the database`);
  const rows = (megabytes * 1e6) / ROW_BYTES;
  await fill(await system.url(), rows);
  progress('they are copied');
  const copy = await system.islet(['backup', 'now', 'ledger', '--json']);
  const { last } = JSON.parse(copy.stdout) as { readonly last: { readonly plainBytes: number } };
  progress('the database is restored in place');
  const { ms } = await system.islet(['restore', 'ledger', '--to', 'latest']);
  progress('peers have as much, and lose it');
  await using cluster = await Cluster.start(DEBIAN);
  await fill(cluster.url, rows);
  const peers: Record<string, Figure> = {};
  for (const peer of [basebackup, pgbackrest]) {
    progress(`${peer.name} copies it and brings it back`);
    peers[peer.name] = medianFigure([(await timeToRecover(cluster, peer, proofOf(rows))) / 1000]);
  }
  const size = `${(last.plainBytes / 1e9).toFixed(2)} GB`;
  return {
    claim: 'data.rto',
    unit: 's',
    better: 'less',
    islet: medianFigure([ms / 1000]),
    peers,
    method: `Once, for a database of ${size}, which does not compress: wall time of \`islet restore ledger --to latest\`, from draining the service until it serves from the restored data. The copy before it took ${(copy.ms / 1000).toFixed(1)} s, at 64 MB a second at most. The peers have as much in PostgreSQL ${cluster.version}, on the same disk, with nobody to drain: from stopping the server until one writes again.`,
  };
}

/** Fails unless all of them are there. */
function proofOf(rows: number): string {
  return `SELECT 1 / (count(*) = ${rows})::int FROM ballast`;
}

async function fill(url: string, rows: number): Promise<void> {
  await query(url, 'CREATE TABLE ballast (id bigint PRIMARY KEY, bytes bytea NOT NULL)');
  const noise = Buffer.alloc(NOISE_BYTES);
  for (let at = 0; at < NOISE_BYTES; at += 65_536) crypto.getRandomValues(noise.subarray(at, at + 65_536));
  for (let row = 0; row < rows; row += ROWS_AT_ONCE) {
    const last = Math.min(row + ROWS_AT_ONCE, rows) - 1;
    await query(url, PUT, [noise, NOISE_BYTES - ROW_BYTES - 1, ROW_BYTES, row, last]);
  }
}
