import { type FSWatcher, readdirSync, statSync, watch } from 'node:fs';
import { basename, join } from 'node:path';
import type { Ignore } from './ignore.ts';

/**
 * Tells which files below some folders changed, a moment after they did.
 *
 * One watch a folder, and none in ignored ones: the runtime's own recursive watch takes a watch for every file, those
 * of `node_modules` too, and the machine has a limited number. Events only say where to look; a folder that appears is
 * read, so that files written before its watch began are not missed.
 */
export interface TreeWatch extends Disposable {
  /** How many folders are watched. */
  readonly size: number;
}

export interface WatchTreeOptions {
  readonly ignore: Ignore;
  /** Absolute paths that changed, appeared or went away; never an ignored one. */
  readonly onChange: (paths: readonly string[]) => void;
  readonly onError: (error: Error) => void;
}

/** Editors write a file in several steps: a batch ends when this long nothing happened … */
const QUIET_MS = 40;
/** … or when it is this old. */
const LONGEST_MS = 100;
const MAX_FOLDERS = 10_000;

export async function watchTree(roots: readonly string[], options: WatchTreeOptions): Promise<TreeWatch> {
  const { ignore, onChange, onError } = options;
  const watches = new Map<string, FSWatcher>();
  /** Files that are there: what an editor makes and removes in passing was never source. */
  const files = new Set<string>();
  const pending = new Set<string>();
  let firstAt = 0;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  await addFolders(roots);
  return {
    get size() {
      return watches.size;
    },
    [Symbol.dispose]() {
      closed = true;
      clearTimeout(timer);
      for (const one of watches.values()) one.close();
    },
  };

  /** Watches folders and all below them, level by level: git is asked once a level. Returns the files met. */
  async function addFolders(folders: readonly string[]): Promise<string[]> {
    const met: string[] = [];
    for (let level = [...folders]; level.length > 0 && !closed; ) {
      const entries = level.filter((folder) => addFolder(folder)).flatMap(entriesOf);
      const ignored = await ignore.among(entries.map(({ path }) => path));
      const source = entries.filter(({ path }) => !ignored.has(path));
      met.push(...source.filter(({ isFolder }) => !isFolder).map(({ path }) => path));
      level = source.filter(({ isFolder }) => isFolder).map(({ path }) => path);
    }
    for (const path of met) files.add(path);
    return met;
  }

  function addFolder(folder: string): boolean {
    if (watches.has(folder)) return false;
    if (watches.size >= MAX_FOLDERS) {
      onError(new Error(`more than ${MAX_FOLDERS} folders to watch: let git ignore those that hold no source`));
      return false;
    }
    try {
      const one = watch(folder, (_event, name) => noticed(name === null ? folder : join(folder, name)));
      one.on('error', () => forget(folder));
      watches.set(folder, one);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') onError(error as Error);
      return false;
    }
  }

  function forget(folder: string): void {
    watches.get(folder)?.close();
    watches.delete(folder);
  }

  function noticed(path: string): void {
    if (closed) return;
    const now = performance.now();
    if (pending.size === 0) firstAt = now;
    pending.add(path);
    clearTimeout(timer);
    timer = setTimeout(() => void flush().catch(onError), Math.min(QUIET_MS, Math.max(0, firstAt + LONGEST_MS - now)));
  }

  async function flush(): Promise<void> {
    const batch = [...pending];
    pending.clear();
    if (batch.some((path) => basename(path) === '.gitignore')) ignore.forget();
    const ignored = await ignore.among(batch);
    const source = batch.filter((path) => !ignored.has(path));
    for (const path of source) if (watches.has(path) && !isFolder(path)) forget(path);
    const inNew = await addFolders(source.filter((path) => !watches.has(path) && isFolder(path)));
    const changed = [...source.filter(isChangedFile), ...inNew];
    if (changed.length > 0 && !closed) onChange([...new Set(changed)]);
  }

  function isChangedFile(path: string): boolean {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return files.delete(path);
    if (found.isDirectory()) return false;
    files.add(path);
    return true;
  }
}

function entriesOf(folder: string): { path: string; isFolder: boolean }[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).map((entry) => ({
      path: join(folder, entry.name),
      isFolder: entry.isDirectory(),
    }));
  } catch {
    return [];
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
