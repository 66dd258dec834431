import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { stringsOf } from '../tidy/code.ts';
import { resolvePath } from '../tidy/layers.ts';
import type { Package } from '../tidy/manifest.ts';
import { type Published, publishedManifest } from './publish.ts';

export interface PackedFile {
  /** Relative to the package. */
  readonly path: string;
  readonly bytes: Buffer;
  readonly executable: boolean;
}

const SHEBANG = '#!/usr/bin/env node\n';
/** Only for who works on the package. */
const LEFT_OUT = /^(test\/|app\/|package\.json$|tsconfig.*\.json$)|\.test\.ts$/;
const SOURCE = /^src\/.*\.tsx?$/;

/**
 * The files of a package as it is published: `src/a.ts` as `dist/a.js` and `dist/a.d.ts`, other files of `src` beside
 * them, and everything else (templates, schemas, its README) where it was.
 */
export function stage(options: {
  readonly package: Package;
  readonly files: readonly string[];
  readonly root: string;
  /** Where the compiler's output is. */
  readonly compiled: string;
  /** Where a browser's part of the package was built, if it has one. */
  readonly built?: string | undefined;
}): readonly PackedFile[] {
  const { folder, manifest } = options.package;
  const compiled = join(options.compiled, folder.replace('packages/', ''), 'src');
  const own = options.files
    .filter((path) => path.startsWith(`${folder}/`))
    .map((path) => path.slice(folder.length + 1))
    .filter((path) => !LEFT_OUT.test(path) && !SOURCE.test(path));
  const assets = own.map((path) => read(join(options.root, folder, path), path.replace(/^src\//, 'dist/')));
  const programs = globSync('**/*.{js,d.ts}', { cwd: compiled }).map((path) =>
    read(join(compiled, path), `dist/${path}`),
  );
  const pages = options.built === undefined ? [] : builtPages(options.built);
  const license = own.includes('LICENSE') ? [] : [read(join(options.root, 'LICENSE'), 'LICENSE')];
  const published = publishedManifest(
    manifest,
    [...assets, ...pages, ...programs].map(({ path }) => path),
  );
  return [
    { path: 'package.json', bytes: Buffer.from(`${JSON.stringify(published, null, 2)}\n`), executable: false },
    ...license,
    ...assets,
    ...pages,
    ...programs.map((file) => finish(file, published, programs)),
  ];
}

/** Of what a build wrote, all that a browser asks for. */
function builtPages(folder: string): readonly PackedFile[] {
  return globSync('**/*.{html,js,css,svg}', { cwd: folder }).map((path) => read(join(folder, path), `built/${path}`));
}

function read(source: string, path: string): PackedFile {
  return { path, bytes: readFileSync(source), executable: (statSync(source).mode & 0o100) !== 0 };
}

/** What the compiler leaves undone: addresses of workers and programs, and the first line of a command. */
function finish(file: PackedFile, { bin }: Published, programs: readonly PackedFile[]): PackedFile {
  if (!file.path.endsWith('.js')) return file;
  const text = withCompiledAddresses(file.bytes.toString(), file.path, new Set(programs.map(({ path }) => path)));
  const isCommand = Object.values(bin ?? {}).includes(`./${file.path}`);
  const shebang = isCommand && !text.startsWith('#!') ? SHEBANG : '';
  return { ...file, bytes: Buffer.from(shebang + text), executable: isCommand };
}

/**
 * `new URL('./worker.ts', import.meta.url)` leads to what the worker became. Any other string that leads to a source
 * would lead nowhere once published, and is refused.
 */
export function withCompiledAddresses(text: string, path: string, published: ReadonlySet<string>): string {
  const address = /(new URL\(\s*(['"])\.{1,2}\/[^'"]+)\.ts(\2,\s*import\.meta\.url)/g;
  const rewritten = text.replaceAll(address, '$1.js$3');
  for (const { text: literal } of stringsOf(rewritten)) {
    const isSource = /^\.{1,2}\/.*\.ts$/.test(literal);
    if (!isSource || !published.has(resolvePath(path, literal.replace(/\.ts$/, '.js')))) continue;
    throw new Error(`${path} names ${literal}, which is not published: use new URL('${literal}', import.meta.url)`);
  }
  return rewritten;
}
