import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Asked, HELP, optionsOf } from './options.ts';
import { plant } from './plant.ts';
import type { Outcome } from './run.ts';

// What may be asked is in `options.ts`.
const asked = optionsOf(process.argv.slice(2));
if ('mutation' in asked && asked.mutation !== undefined) plant(asked.mutation);

type Line = Omit<Outcome, 'trace'>;

if (asked.kind === 'help') process.stdout.write(HELP);
else if (asked.kind === 'wrong') {
  process.stderr.write(`error: ${asked.why}\nhint:  npm run simulate -- --help\n`);
  process.exitCode = 2;
} else if (asked.kind === 'one') await runOne(asked.seed);
else if (asked.kind === 'part') await runPart(asked);
else await runAll(asked);

async function runOne(seed: number): Promise<void> {
  const { runSeed } = await import('./run.ts');
  const { trace, broken } = await runSeed(seed);
  process.stdout.write(
    `${trace.join('\n')}\n${broken === undefined ? 'every invariant held' : `BROKEN ${broken.message}`}\n`,
  );
  process.exitCode = broken === undefined ? 0 : 1;
}

/** One JSON value a line. */
async function runPart({ first, step, end, failFast }: Extract<Asked, { kind: 'part' }>): Promise<void> {
  const { runSeed } = await import('./run.ts');
  for (let seed = first; seed < end; seed += step) {
    const { trace: _, ...line } = await runSeed(seed);
    process.stdout.write(`${JSON.stringify(line satisfies Line)}\n`);
    if (failFast && line.broken !== undefined) return;
  }
}

async function runAll({ start, seeds, ...common }: Extract<Asked, { kind: 'all' }>): Promise<void> {
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
    Array.from({ length: parts }, (_, index) =>
      inProcess(`${start + index}/${parts}/${start + seeds}`, common, onLine),
    ),
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

function inProcess(
  part: string,
  { mutation: planted, failFast }: Pick<Extract<Asked, { kind: 'all' }>, 'mutation' | 'failFast'>,
  onLine: (line: Line) => void,
): Promise<number> {
  const mutation = planted === undefined ? [] : ['--mutation', planted.name];
  const fast = failFast ? ['--fail-fast'] : [];
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
