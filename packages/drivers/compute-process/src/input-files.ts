import { lstatSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { DriverError } from '@islet/driver';
import { filesByIgnoreFile, gitFiles } from './git-files.ts';

/**
 * What a revision is made of: the files below its inputs that git does not ignore, untracked ones included, and without
 * those that were deleted. Outside of a work tree: all files but those that `.gitignore` names or that are never a source.
 *
 * The inputs keep their places relative to each other: they are laid out below their common ancestor, so that
 * `../../proto` means the same in a revision as in the work tree.
 *
 * A link that leads out of the inputs is refused. Copying what it points to would put any file of the machine that Islet
 * can read into the hands of a service; keeping it would make a revision that changes.
 */
export interface InputFiles {
  /** The common ancestor of the inputs and the service's folder. */
  readonly root: string;
  /** The service's folder relative to it; empty where it is the same. */
  readonly home: string;
  /** Sorted by path. */
  readonly files: readonly InputFile[];
}

export type InputFile =
  | { readonly kind: 'file'; readonly path: string; readonly executable: boolean; readonly stat: FileStat }
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

export interface FileStat {
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly ino: number;
}

export interface InputsRequest {
  readonly folder: string;
  readonly inputs: readonly string[];
  /** Islet's own folders, wherever they lie. */
  readonly except: readonly string[];
}

/** Never a source, and too big or too private to copy. */
const NEVER = new Set(['.git', '.hg', '.svn', '.islet', 'node_modules', '__pycache__', '.pytest_cache', '.venv']);

export async function listInputs({ folder, inputs, except }: InputsRequest): Promise<InputFiles> {
  const places = inputs.length === 0 ? [folder] : inputs.map((input) => resolve(input));
  const root = [folder, ...places.map(folderOf)].reduce(commonAncestor);
  const listed = await Promise.all(places.map(listPlace));
  const paths = [...new Set(listed.flat())].filter((path) => !isBelowAny(path, except) && !isIslets(path, root)).sort();
  const files = paths.map((path) => inputFile(path, { root, places })).filter((file) => file !== undefined);
  return { root, home: relative(root, folder), files };
}

/** Absolute paths; the folder of an input that is itself a file is its place. */
async function listPlace(place: string): Promise<readonly string[]> {
  const stat = lstatSync(place, { throwIfNoEntry: false });
  if (stat === undefined) {
    throw new DriverError('not-found', `the input ${place} does not exist`, { hint: 'correct run.inputs' });
  }
  if (!stat.isDirectory()) return [place];
  const listed =
    (await gitFiles(place)) ?? (await filesByIgnoreFile(place))?.filter((path) => !isNeverSource(path, place));
  // Nothing at all: the whole folder is ignored by a repository above it, which has then nothing to say about it.
  if (listed === undefined || listed.length === 0) return walk(place);
  const nested = await Promise.all(listed.map((path) => (isFolder(path) ? listPlace(path) : [path])));
  return nested.flat();
}

function isNeverSource(path: string, folder: string): boolean {
  return relative(folder, path)
    .split(sep)
    .some((part) => NEVER.has(part));
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (NEVER.has(entry.name)) return [];
    return entry.isDirectory() ? walk(path) : [path];
  });
}

/** Undefined: deleted, or nothing that can be copied (a socket, a FIFO). */
function inputFile(path: string, { root, places }: { root: string; places: readonly string[] }): InputFile | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  const at = relative(root, path);
  if (stat?.isSymbolicLink()) {
    requireInside(path, places);
    return { kind: 'link', path: at, target: readlinkSync(path) };
  }
  if (!stat?.isFile()) return undefined;
  const { size, mtimeMs, ctimeMs, ino, mode } = stat;
  return { kind: 'file', path: at, executable: (mode & 0o100) !== 0, stat: { size, mtimeMs, ctimeMs, ino } };
}

function requireInside(link: string, places: readonly string[]): void {
  const target = readlinkSync(link);
  const real = realPath(resolve(dirname(link), target));
  const inside = places.some((place) => isBelow(real, place) || isBelow(real, realPath(place)));
  if (inside && !target.startsWith('/')) return;
  throw new DriverError('refused', `the link ${link} leads out of the service's inputs, to ${target}`, {
    hint: 'put a copy in its place, or name its target in run.inputs and make the link relative',
  });
}

/** Where a path leads; of one that leads nowhere, what it says. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function isIslets(path: string, root: string): boolean {
  return relative(root, path).split(sep).includes('.islet');
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function folderOf(place: string): string {
  return isFolder(place) ? place : dirname(place);
}

function commonAncestor(one: string, other: string): string {
  let at = one;
  while (!isBelow(other, at)) at = dirname(at);
  return at;
}

function isBelowAny(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => isBelow(path, folder));
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
