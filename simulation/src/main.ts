import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { mutationOf, plant } from './plant.ts';
import type { Outcome } from './run.ts';

/*
 *   node simulation/src/main.ts --seeds 1000 --start 0     runs them, and ends with one line of counts
 *   node simulation/src/main.ts --seed 17                  runs one, and prints what happened
 *   … --mutation NAME --fail-fast                          with that bug planted, until it is found
 *
 * Exits 1 where an invariant was broken.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    start: { type: 'string', default: '0' },
    seed: { type: 'string' },
    mutation: { type: 'string' },
    /** Ends with the first seed that breaks something. */
    'fail-fast': { type: 'boolean', default: false },
    /** One of the processes that share the seeds. */
    part: { type: 'string' },
  },
});
if (values.mutation !== undefined) plant(mutationOf(values.mutation));

type Line = Omit<Outcome, 'trace'>;

if (values.seed !== undefined) await runOne(Number(values.seed));
else if (values.part !== undefined) await runPart(values.part);
else await runAll(Number(values.start), Number(values.seeds));

async function runOne(seed: number): Promise<void> {
  const { runSeed } = await import('./run.ts');
  const { trace, broken } = await runSeed(seed);
  process.stdout.write(
    `${trace.join('\n')}\n${broken === undefined ? 'every invariant held' : `BROKEN ${broken.message}`}\n`,
  );
  process.exitCode = broken === undefined ? 0 : 1;
}

/** `first/step/end`: every step-th seed, one JSON value a line. */
async function runPart(part: string): Promise<void> {
  const { runSeed } = await import('./run.ts');
  const [first = 0, step = 1, end = 0] = part.split('/').map(Number);
  for (let seed = first; seed < end; seed += step) {
    const { trace: _, ...line } = await runSeed(seed);
    process.stdout.write(`${JSON.stringify(line satisfies Line)}\n`);
    if (values['fail-fast'] && line.broken !== undefined) return;
  }
}

async function runAll(start: number, seeds: number): Promise<void> {
  const parts = Math.max(1, Math.min(availableParallelism(), seeds));
  const startedAt = performance.now();
  const total = { seeds: 0, broken: 0, turns: 0, deaths: 0, faults: 0, asks: 0, checks: 0 };
  const onLine = ({ seed, broken, turns, deaths, faults, asks, checks }: Line) => {
    total.seeds++;
    total.turns += turns;
    total.deaths += deaths;
    total.faults += faults;
    total.asks += asks;
    total.checks += checks;
    if (broken === undefined) return;
    total.broken++;
    process.stdout.write(`seed ${seed}: ${broken.message}\n  again: npm run simulate -- --seed ${seed}\n`);
  };
  const codes = await Promise.all(
    Array.from({ length: parts }, (_, index) => inProcess(`${start + index}/${parts}/${start + seeds}`, onLine)),
  );
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const { broken, turns, deaths, faults, asks, checks } = total;
  process.stdout.write(
    `${total.seeds} seeds from ${start}, ${broken} broken: ${checks} checks, ${turns} turns, ${asks} asks, ${faults} faults, ` +
      `${deaths} kills of the control plane, ${seconds} s\n`,
  );
  // A process that died has not run its seeds, and that is no success.
  process.exitCode = broken > 0 || total.seeds < seeds || codes.some((code) => code !== 0) ? 1 : 0;
}

function inProcess(part: string, onLine: (line: Line) => void): Promise<number> {
  const mutation = values.mutation === undefined ? [] : ['--mutation', values.mutation];
  const fast = values['fail-fast'] ? ['--fail-fast'] : [];
  const quiet = '--disable-warning=ExperimentalWarning';
  const args = [quiet, fileURLToPath(import.meta.url), '--part', part, ...mutation, ...fast];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => onLine(JSON.parse(line) as Line));
  const ended = new Promise<void>((resolve) => lines.once('close', resolve));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => void ended.then(() => resolve(code ?? 1)));
  });
}
