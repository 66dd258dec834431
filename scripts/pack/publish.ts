import type { Manifest } from '../tidy/manifest.ts';

/** Commands that a package installs, by the source that they run. */
const COMMANDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '@islet/cli': { islet: './src/main.ts' },
};

type Entry = string | { readonly types: string; readonly default: string };
export type Published = Omit<Manifest, 'exports' | 'devDependencies'> & {
  readonly exports?: Readonly<Record<string, Entry>>;
  readonly files: readonly string[];
};

/** The manifest as it is published: it points to what was compiled, and names all that is in the package. */
export function publishedManifest(manifest: Manifest, paths: readonly string[]): Published {
  const { exports = {}, devDependencies: _, scripts: __, ...rest } = manifest;
  const bin = { ...COMMANDS[manifest.name], ...manifest.bin };
  return {
    ...rest,
    ...(Object.keys(bin).length === 0 ? {} : { bin: mapValues(bin, compiledPath) }),
    exports: mapValues(exports, entryOf),
    files: [...new Set(paths.map((path) => path.split('/')[0] ?? path))].sort(),
  };
}

function entryOf(target: string): Entry {
  const path = compiledPath(target);
  return path.endsWith('.js') ? { types: path.replace(/\.js$/, '.d.ts'), default: path } : path;
}

function compiledPath(target: string): string {
  return target.replace(/^\.\/src\//, './dist/').replace(/\.tsx?$/, '.js');
}

function mapValues<T>(values: Readonly<Record<string, string>>, map: (value: string) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, map(value)]));
}
