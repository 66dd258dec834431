import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildDashboard } from './dashboard.ts';
import { compile } from './pack/compile.ts';
import { type PackedFile, stage } from './pack/stage.ts';
import { listFiles, ROOT, readText } from './repository.ts';
import { type Package, packagesOf } from './tidy/manifest.ts';

/*
 * node scripts/pack.ts --out DIR: every package as a tarball of JavaScript with declarations.
 *
 * In the repository the manifests point to TypeScript, which Node runs as it is. It refuses to do so below node_modules,
 * so what is published is compiled, and has manifests that say so. Both are made in a staging folder; nothing is
 * written into the repository.
 */

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { out: { type: 'string' } } });
  if (values.out === undefined) throw new Error('--out DIR is required');
  for (const tarball of await packAll({ out: resolve(values.out) })) process.stdout.write(`${tarball}\n`);
}

/** Packs every package that can be published, and returns the absolute paths of the tarballs. */
export async function packAll({ out }: { readonly out: string }): Promise<readonly string[]> {
  const staging = mkdtempSync(join(tmpdir(), 'islet-pack-'));
  try {
    const files = listFiles();
    const compiled = compile({ root: ROOT, into: join(staging, 'compiled') });
    const built = join(staging, 'built');
    await buildDashboard({ into: built });
    mkdirSync(out, { recursive: true });
    return publicPackages(files).map((one) => {
      const pages = one.manifest.name === '@islet/dashboard' ? built : undefined;
      const staged = stage({ package: one, files, root: ROOT, compiled, built: pages });
      const folder = join(staging, 'packages', one.folder);
      for (const file of staged) write(join(folder, file.path), file);
      return npmPack({ folder, out, expected: staged });
    });
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

export function publicPackages(files: readonly string[]): readonly Package[] {
  const manifests = files.filter((path) => path.endsWith('package.json'));
  const texts = manifests.flatMap((path): [string, string][] => {
    const text = readText(path);
    return text === undefined ? [] : [[path, text]];
  });
  return [...packagesOf(new Map(texts)).values()].filter(({ manifest }) => !manifest.private);
}

function write(path: string, { bytes, executable }: PackedFile): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes, { mode: executable ? 0o755 : 0o644 });
}

/** npm leaves out what it takes for private or ignored; a package that lacks a file must not be published. */
function npmPack(options: {
  readonly folder: string;
  readonly out: string;
  readonly expected: readonly PackedFile[];
}): string {
  const { folder, out, expected } = options;
  const args = ['pack', folder, '--pack-destination', out, '--json', '--ignore-scripts', '--loglevel=error'];
  const { status, stdout, stderr, error } = spawnSync('npm', args, { cwd: out, encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm pack of ${folder} failed: ${error?.message ?? stderr}`);
  const [packed]: { filename: string; files: { path: string }[] }[] = JSON.parse(stdout);
  if (packed === undefined) throw new Error(`npm pack of ${folder} made nothing`);
  const inside = new Set(packed.files.map(({ path }) => path));
  const missing = expected.filter(({ path }) => !inside.has(path)).map(({ path }) => path);
  if (missing.length > 0) throw new Error(`npm left out of ${packed.filename}: ${missing.join(', ')}`);
  return join(out, packed.filename);
}

if (import.meta.main) await main();
