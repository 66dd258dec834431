import { cli } from './cli.bench.ts';
import type { Benchmark, Context } from './context.ts';
import { data } from './data.bench.ts';
import { detection } from './detection.bench.ts';
import { footprint } from './footprint.bench.ts';
import { frontDoor } from './front-door.bench.ts';
import { isWanted, type Options, readOptions } from './measure/options.ts';
import { planning } from './plan.bench.ts';
import { jsonLine } from './report/json.ts';
import { describeMachine } from './report/machine.ts';
import { describeClaim } from './report/table.ts';
import { rollout } from './rollout.bench.ts';
import { Pm2 } from './support/pm2.ts';
import { Shop } from './support/shop.ts';
import { telemetry } from './telemetry.bench.ts';
import { traffic } from './traffic.bench.ts';
import { up } from './up.bench.ts';
import { workers } from './workers.bench.ts';

const HELP = `Measures what docs/benchmarks.md explains.

  npm run bench -- [name or claim …] [--short | --quick] [--json] [--list]

  --short   as many turns as in a full run, and each of them shorter
  --quick   few turns: about two minutes
  --json    each claim as one line on standard output, where nothing else is then
  --list    the names
`;

const BENCHMARKS = [
  ...[up, planning, detection, footprint, frontDoor, cli, rollout, data, traffic, workers],
  telemetry,
];

async function main(args: readonly string[]): Promise<number> {
  const names = BENCHMARKS.map(({ name }) => name);
  const options = readOptions(args, names);
  switch (options.kind) {
    case 'wrong':
      process.stderr.write(`bench: ${options.message}\n`);
      return 2;
    case 'help':
      process.stdout.write(HELP);
      return 0;
    case 'list':
      process.stdout.write(`${names.join('\n')}\n`);
      return 0;
    case 'run':
      return await measure(options);
  }
}

async function measure({ names, claims, json, pace }: Extract<Options, { kind: 'run' }>): Promise<number> {
  const signal = interruption();
  if (!json) process.stdout.write(`${describeMachine()}\n${HOW}\n\n`);
  await using resources = new AsyncDisposableStack();
  const context: Context = {
    pace,
    times: (full, quick, short = full) => ({ full, quick, short })[pace],
    wants: (claim) => isWanted(claim, claims),
    signal,
    progress: (text) => process.stderr.write(`  … ${text}\n`),
    shop: once(async () => resources.use(await Shop.copy())),
    pm2: once(async () => resources.use(await Pm2.install(signal))),
  };
  try {
    for (const benchmark of BENCHMARKS.filter(({ name }) => names.includes(name))) await tell(benchmark, context, json);
    return 0;
  } catch (error) {
    process.stderr.write(signal.aborted ? 'bench: interrupted\n' : `bench: ${String(error)}\n`);
    return signal.aborted ? 130 : 1;
  }
}

const HOW =
  'Each figure is a median, its spread the least and the most of so many runs; peers ran in turns with Islet, but for memory and idle time, which are read once each. A ratio over 1 is better than the best peer, and no difference within the A/A band.';

async function tell(benchmark: Benchmark, context: Context, json: boolean): Promise<void> {
  for await (const claim of benchmark.claims(context)) {
    if (context.wants(claim.claim))
      process.stdout.write(`${json ? jsonLine(claim) : describeClaim(claim, Math.random)}\n`);
    context.signal.throwIfAborted();
  }
}

/** The first Ctrl-C ends what is measured, and cleans up. A second one changes nothing: the cleaning is bounded. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => controller.abort());
  return controller.signal;
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

process.exitCode = await main(process.argv.slice(2));
