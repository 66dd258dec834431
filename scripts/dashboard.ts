import { createHash } from 'node:crypto';
import { globSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { build } from 'vite';
import { ROOT } from './repository.ts';

/*
 * node scripts/dashboard.ts [--sizes]: builds the dashboard's pages where they are missing or older than their sources.
 *
 * What is built is not in git: `./islet dashboard` comes through here first, and packing does too. What it was built from
 * is kept beside it as a hash, since a checkout gives files new times without changing them.
 */

const PACKAGE = join(ROOT, 'packages/dashboard');
const INPUTS = ['packages/dashboard/app/**/*', 'packages/{client,plan,spec}/src/**/*.ts', 'package-lock.json'];

export async function buildDashboard({
  into = join(PACKAGE, 'built'),
}: {
  readonly into?: string;
} = {}): Promise<void> {
  const key = inputsKey();
  if (keyOf(into) === key) return;
  process.stderr.write('Islet: building the dashboard (once) …\n');
  // A rename, so that an interrupted build leaves all of it or nothing, and a browser never gets half of each.
  mkdirSync(join(into, '..'), { recursive: true });
  const draft = mkdtempSync(`${into}-`);
  try {
    await bundle(draft);
    writeFileSync(join(draft, 'inputs'), key);
    rmSync(into, { recursive: true, force: true });
    renameSync(draft, into);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

async function bundle(outDir: string): Promise<void> {
  await build({
    root: join(PACKAGE, 'app'),
    configFile: false,
    logLevel: 'warn',
    plugins: [react()],
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2023',
      // Inlined files would be data: URLs, which the pages' policy refuses.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 300,
    },
  });
}

function keyOf(folder: string): string | undefined {
  try {
    return readFileSync(join(folder, 'inputs'), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function inputsKey(): string {
  const hash = createHash('sha256');
  const files = globSync(INPUTS, { cwd: ROOT, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const path of files.map(({ parentPath, name }) => join(parentPath, name)).sort()) {
    hash.update(relative(ROOT, path)).update('\0').update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
}

/** What a browser loads, in kilobytes as they are and as they would be compressed. */
function printSizes(folder: string): void {
  const files = globSync('**/*.{js,css,html}', { cwd: folder }).sort();
  let [plain, packed] = [0, 0];
  for (const file of files) {
    const bytes = readFileSync(join(folder, file));
    const gzipped = gzipSync(bytes).length;
    plain += bytes.length;
    packed += gzipped;
    process.stdout.write(`${kilobytes(bytes.length)} ${kilobytes(gzipped)} gzip  ${file}\n`);
  }
  process.stdout.write(`${kilobytes(plain)} ${kilobytes(packed)} gzip  in all\n`);
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1).padStart(7)} kB`;
}

if (import.meta.main) {
  await buildDashboard();
  if (process.argv.includes('--sizes')) printSizes(join(PACKAGE, 'built'));
}
