import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A template's folder of real files, in which `from` stands for what the person chose. */
export interface Replacement {
  readonly from: string;
  readonly to: string;
}

/**
 * Copies a template with its names replaced. `_gitignore` becomes `.gitignore`, a name that npm would not pack.
 * The paths that were written are returned, sorted.
 */
export function copyTemplate(name: string, target: string, replacements: readonly Replacement[]): string[] {
  const source = fileURLToPath(new URL(`../../templates/${name}`, import.meta.url));
  mkdirSync(dirname(target), { recursive: true });
  cpSync(source, target, { recursive: true, force: false, errorOnExist: true });
  return filesIn(source)
    .map((path) => finish(join(target, path), replacements))
    .sort();
}

/** What a template would write into a folder and is there already. */
export function collisions(name: string, target: string): string[] {
  const source = fileURLToPath(new URL(`../../templates/${name}`, import.meta.url));
  return filesIn(source)
    .map((path) => join(target, withDot(path)))
    .filter((path) => existsSync(path));
}

function finish(path: string, replacements: readonly Replacement[]): string {
  const text = readFileSync(path, 'utf8');
  writeFileSync(
    path,
    replacements.reduce((done, { from, to }) => done.replaceAll(from, to), text),
  );
  const final = withDot(path);
  if (final !== path) renameSync(path, final);
  return final;
}

function withDot(path: string): string {
  return basename(path) === '_gitignore' ? join(dirname(path), '.gitignore') : path;
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}
