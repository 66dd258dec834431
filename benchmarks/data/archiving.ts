import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { findPackage, usableBinaries } from '@islet/data-postgres/binaries';
import type { Context } from '../context.ts';
import { type Claim, type Figure, medianFigure } from '../measure/claim.ts';
import { interleave } from '../measure/interleave.ts';
import { median } from '../measure/statistics.ts';
import { type Archiver, islet, nothing, PGBENCH, pgbackrest, receivewal } from './archivers.ts';
import { Cluster, DEBIAN, serverIdentity } from './cluster.ts';

const CLIENTS = 4;
const SCALE = 10;
const SETTLE_MS = 500;

/** What keeping a server's log costs whoever writes: the same load without, without once more, and with each. */
export async function* archiving(context: Context): AsyncIterable<Claim> {
  const { times } = context;
  yield* against(context, { name: 'debian', bin: DEBIAN, peers: [receivewal, pgbackrest], rounds: times(5, 2) });
  const found = await findPackage();
  const tools = await mkdtemp(join(tmpdir(), 'islet-bench-tools-'));
  await chmod(tools, 0o755);
  await using _tools = { [Symbol.asyncDispose]: () => rm(tools, { recursive: true }) };
  const native = await usableBinaries({ ...found, tools, user: serverIdentity(), signal: context.signal });
  yield* against(context, { name: 'npm', bin: join(native, 'bin'), peers: [], rounds: times(3, 2) });
}

interface Subject {
  readonly name: string;
  readonly bin: string;
  /** Of one version with the server. */
  readonly peers: readonly Archiver[];
  readonly rounds: number;
}

/** Of the same server, of nothing: how far apart two equal things are. */
const AGAIN = 'nothing, again';

async function* against(context: Context, { name, bin, peers, rounds }: Subject): AsyncIterable<Claim> {
  const { times, progress, signal } = context;
  await using cluster = await Cluster.start(bin);
  await pgbench(cluster, ['-i', '-q', '-s', String(SCALE)]);
  const seconds = times(5, 4);
  const measure = (archiver: Archiver, as: string) => async (): Promise<Run> => {
    progress(`pgbench on PostgreSQL ${cluster.version}: ${as}`);
    await using archive = await archiver.start(cluster, signal);
    await cluster.query('CHECKPOINT');
    const cpu = async () => {
      // A backend that is just ending would be counted by nobody.
      await pause(SETTLE_MS, undefined, { signal });
      return cluster.cpuMs + archive.cpuMs();
    };
    const before = await cpu();
    const said = await pgbench(cluster, ['-n', '-M', 'prepared', '-c', String(CLIENTS), '-T', String(seconds)]);
    const commits = Number(/transactions actually processed: (\d+)/.exec(said)?.[1]);
    return { rate: Number(/tps = ([\d.]+)/.exec(said)?.[1]), cpuUs: (((await cpu()) - before) * 1000) / commits };
  };
  const contenders = Object.fromEntries([
    [nothing.name, measure(nothing, nothing.name)],
    ...[islet, ...peers].map((archiver) => [archiver.name, measure(archiver, archiver.name)]),
    [AGAIN, measure(nothing, AGAIN)],
  ]);
  const runs: Readonly<Record<string, readonly Run[]>> = await interleave(rounds, contenders);
  const figures = (of: (run: Run) => number): Readonly<Record<string, Figure>> =>
    Object.fromEntries(Object.entries(runs).map(([who, all]) => [who, medianFigure(all.map(of))]));
  const method = `pgbench -M prepared -s ${SCALE} -c ${CLIENTS} for ${seconds} s, ${rounds} times in turns, on PostgreSQL ${cluster.version} with its own defaults.`;
  yield claimOf(
    { claim: `data.archiving.${name}.commits`, unit: 'commits/s', better: 'more', method: `${method} ${costs(runs)}` },
    figures((run) => run.rate),
  );
  yield claimOf(
    {
      claim: `data.archiving.${name}.cpu`,
      unit: 'µs of CPU/commit',
      better: 'less',
      method: `${method} Processor time of the server and of what archives, without pgbench's.`,
    },
    figures((run) => run.cpuUs),
  );
}

interface Run {
  readonly rate: number;
  readonly cpuUs: number;
}

/** In percent of what the same round made without; round for round, since the machine changes between them. */
function costs(runs: Readonly<Record<string, readonly Run[]>>): string {
  const plain = runs[nothing.name] ?? [];
  const again = runs[AGAIN] ?? [];
  const base = plain.map(({ rate }, round) => (rate + (again[round]?.rate ?? rate)) / 2);
  const percent = (values: readonly number[]) => `${median(values).toFixed(1)} %`;
  const apart = plain.map(
    ({ rate }, round) => (Math.abs(rate - (again[round]?.rate ?? rate)) / (base[round] ?? rate)) * 100,
  );
  const told = Object.entries(runs)
    .filter(([name]) => name !== nothing.name && name !== AGAIN)
    .map(
      ([name, all]) => `${name} ${percent(all.map(({ rate }, round) => 100 - (rate / (base[round] ?? rate)) * 100))}`,
    );
  return `Fewer commits than with nothing, in the median of the rounds: ${told.join(', ')}; two runs with nothing are ${percent(apart)} apart.`;
}

function claimOf(
  about: Pick<Claim, 'claim' | 'unit' | 'better' | 'method'>,
  figures: Readonly<Record<string, Figure>>,
): Claim {
  const { [islet.name]: own, ...peers } = figures;
  if (own === undefined) throw new Error('Islet was not measured');
  return { ...about, islet: own, peers };
}

async function pgbench(cluster: Cluster, args: readonly string[]): Promise<string> {
  const { host, port, user, password, database } = cluster.login;
  const where = ['-h', host, '-p', String(port), '-U', user];
  const env = { ...process.env, PGPASSWORD: password };
  const child = spawn(PGBENCH, [...where, ...args, database], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`pgbench ${args.join(' ')}: ${said}`);
  return said;
}
