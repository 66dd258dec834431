import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A template's folder of real files, in which `from` stands for what the person chose. */
export interface Replacement {
  readonly from: string;
  readonly to: string;
}

/**
 * Copies a template with its names replaced, and leaves every file alone that is there already; see `collisions`.
 * `_gitignore` becomes `.gitignore`, a name that npm would not pack. Returns the paths written, sorted.
 */
export function copyTemplate(name: string, target: string, replacements: readonly Replacement[]): string[] {
  const source = templateFolder(name);
  return filesIn(source)
    .map((path) => ({ from: join(source, path), to: withDot(join(target, path)) }))
    .filter(({ to }) => !existsSync(to))
    .map(({ from, to }) => {
      mkdirSync(dirname(to), { recursive: true });
      writeFileSync(to, replaceAll(readFileSync(from, 'utf8'), replacements), { flag: 'wx' });
      return to;
    })
    .sort();
}

/** What of a template is in a folder already. */
export function collisions(name: string, target: string): string[] {
  return filesIn(templateFolder(name))
    .map((path) => withDot(join(target, path)))
    .filter((path) => existsSync(path));
}

function templateFolder(name: string): string {
  return fileURLToPath(new URL(`../../templates/${name}`, import.meta.url));
}

function replaceAll(text: string, replacements: readonly Replacement[]): string {
  return replacements.reduce((done, { from, to }) => done.replaceAll(from, to), text);
}

function withDot(path: string): string {
  return basename(path) === '_gitignore' ? join(dirname(path), '.gitignore') : path;
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}
