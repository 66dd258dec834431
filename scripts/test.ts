import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join, relative } from 'node:path';
import { listFiles, ROOT } from './repository.ts';
import { openRunFolder, type RunFolder } from './run-folder.ts';

/*
 * node scripts/test.ts <tier> [part of a path …]
 *
 * A test's file name says its tier: `x.faults.test.ts`, `x.backup.test.ts`, `x.scale.test.ts`, …; plain `x.test.ts` is
 * everyday. Node's own summary is the last thing printed.
 *
 * ISLET_TEST_AGAIN=1: files in which a test failed are run once more, each alone, and that decides. What passed only then
 * is told as unstable: a race to be mended, of the test or of what it tests.
 *
 * What still runs at its end is ended, and told: `left running: …`. Whatever ends it, a signal too, leaves nothing running.
 */

/** How long one test file may take. */
export const TIERS = {
  everyday: 180_000,
  faults: 1_800_000,
  backup: 900_000,
  fuzz: 1_800_000,
  peers: 600_000,
  scale: 600_000,
  stores: 600_000,
  simulation: 600_000,
  browser: 600_000,
  packed: 600_000,
} as const;
type Tier = keyof typeof TIERS;

/** Test files at once: they start real processes, on machines with two cores. */
const CONCURRENCY = 2;
const ROOTS = /^(packages|scripts|benchmarks|simulation|acceptance)\//;
/** Files of services that `islet new` writes. */
const TEMPLATES = 'packages/cli/templates/';
const STATIC = 'scripts/test/static.test.ts';
const ENDS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** As shells do: more than this by the signal’s number. */
const SIGNALLED = 128;

async function main([tier = '', ...parts]: readonly string[]): Promise<number> {
  if (!isTier(tier)) return refuse(`unknown tier "${tier}": one of ${Object.keys(TIERS).join(', ')}`);
  const files = testFiles(listFiles(), tier).filter((path) => parts.every((part) => path.includes(part)));
  if (files.length === 0) return refuse(`no test file belongs to the tier ${[tier, ...parts].join(' ')}`);
  // Its own code, and the bundler's, are loaded by this tier alone.
  if (tier === 'browser') await (await import('./dashboard.ts')).buildDashboard();
  const folder = openRunFolder();
  let status = 1;
  try {
    const timeoutMs = TIERS[tier];
    const runThem: Run = (some, concurrency) => run(some, { timeoutMs, concurrency, folder });
    const again = process.env.ISLET_TEST_AGAIN !== undefined;
    status = again ? await twiceIfNeeded(files, runThem, tell) : (await runThem(files, CONCURRENCY)).status;
  } finally {
    const left = await folder.close();
    // A run that was ended by a signal was in the midst of it.
    if (status < SIGNALLED) for (const line of left) tell(line);
  }
  return status;
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

export type Run = (files: readonly string[], concurrency: number) => Promise<Ran>;

interface Ran {
  readonly status: number;
  /** Files of tests that failed. */
  readonly failed: readonly string[];
}

export async function twiceIfNeeded(files: readonly string[], run: Run, say: (line: string) => void): Promise<number> {
  const first = await run(files, CONCURRENCY);
  if (first.status === 0 || first.failed.length === 0) return first.status;
  say(`again, each alone: ${first.failed.join(' ')}`);
  const second = await run(first.failed, 1);
  if (second.status === 0) for (const file of first.failed) say(`unstable: ${file}`);
  return second.status;
}

interface RunOptions {
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly folder: RunFolder;
}

async function run(files: readonly string[], { timeoutMs, concurrency, folder }: RunOptions): Promise<Ran> {
  const told = join(folder.env.TMPDIR, 'failed');
  writeFileSync(told, '');
  const spec = ['--test-reporter=spec', '--test-reporter-destination=stdout'];
  const failures = [`--test-reporter=${join(ROOT, 'scripts/failed-files.ts')}`, `--test-reporter-destination=${told}`];
  const limits = [`--test-concurrency=${concurrency}`, `--test-timeout=${timeoutMs}`];
  const args = ['--disable-warning=ExperimentalWarning', '--test', ...spec, ...failures, ...limits, ...files];
  // Under another test runner, node would otherwise run nothing, and succeed.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, args, { cwd: ROOT, env: { ...env, ...folder.env }, stdio: 'inherit' });
  let ending: NodeJS.Signals | undefined;
  const end = (signal: NodeJS.Signals) => {
    ending = signal;
    child.kill(signal);
  };
  for (const signal of ENDS) process.on(signal, end);
  const [status] = (await once(child, 'exit')) as [number | null];
  for (const signal of ENDS) process.off(signal, end);
  if (ending !== undefined) return { status: SIGNALLED + constants.signals[ending], failed: [] };
  const lines = readFileSync(told, 'utf8').split('\n').filter(Boolean);
  return { status: status ?? 1, failed: [...new Set(lines.map((path) => relative(ROOT, path)))] };
}

/** The tier's files; what reads and compiles the code comes first, since it explains most failures of the rest. */
export function testFiles(paths: readonly string[], tier: Tier): readonly string[] {
  const files = paths.filter((path) => ROOTS.test(path) && !path.startsWith(TEMPLATES) && tierOf(path) === tier);
  return [...files.filter((path) => path === STATIC), ...files.filter((path) => path !== STATIC)];
}

function tierOf(path: string): Tier | undefined {
  const [, kind] = /\.(?:([a-z]+)\.)?test\.ts$/.exec(path) ?? [undefined, ''];
  if (kind === '') return undefined;
  return kind !== undefined && isTier(kind) ? kind : 'everyday';
}

function isTier(text: string): text is Tier {
  return Object.hasOwn(TIERS, text);
}

function refuse(message: string): number {
  process.stderr.write(`test: ${message}\n`);
  return 1;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
