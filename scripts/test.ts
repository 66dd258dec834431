import { spawnSync } from 'node:child_process';
import { listFiles, ROOT } from './repository.ts';

/*
 * node scripts/test.ts <tier> [part of a path …]
 *
 * A test's file name says its tier: `x.faults.test.ts`, `x.backup.test.ts`, `x.scale.test.ts`, …; plain `x.test.ts` is
 * everyday. Node's own summary is the last thing printed.
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

async function main([tier = '', ...parts]: readonly string[]): Promise<number> {
  if (!isTier(tier)) return refuse(`unknown tier "${tier}": one of ${Object.keys(TIERS).join(', ')}`);
  const files = testFiles(listFiles(), tier).filter((path) => parts.every((part) => path.includes(part)));
  if (files.length === 0) return refuse(`no test file belongs to the tier ${[tier, ...parts].join(' ')}`);
  // Its own code, and the bundler's, are loaded by this tier alone.
  if (tier === 'browser') await (await import('./dashboard.ts')).buildDashboard();
  const args = ['--test', '--test-reporter=spec', `--test-concurrency=${CONCURRENCY}`, `--test-timeout=${TIERS[tier]}`];
  const quiet = '--disable-warning=ExperimentalWarning';
  // Under another test runner, node would otherwise run nothing, and succeed.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { status } = spawnSync(process.execPath, [quiet, ...args, ...files], { cwd: ROOT, env, stdio: 'inherit' });
  return status ?? 1;
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
