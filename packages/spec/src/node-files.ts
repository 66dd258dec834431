import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Files } from './files.ts';

/**
 * Reads a system from the disk. What is not there, or may not be read, is undefined or empty: parsing says what it
 * lacks.
 */
export function nodeFiles(root: string): Files {
  return {
    readText: (path) => orUndefined(() => readFileSync(join(root, path), 'utf8')),
    listFolders: (path) => names(path, 'folder'),
    listFiles: (path) => names(path, 'file'),
    kind,
  };

  function kind(path: string): 'file' | 'folder' | undefined {
    const found = orUndefined(() => statSync(join(root, path)));
    if (found === undefined) return undefined;
    return found.isDirectory() ? 'folder' : 'file';
  }

  /** By `stat`, not by the entry's own type, so that a link to a folder is a folder. */
  function names(path: string, wanted: 'file' | 'folder'): readonly string[] {
    const all = orUndefined(() => readdirSync(join(root, path))) ?? [];
    return all.filter((name) => kind(join(path, name)) === wanted).sort();
  }
}

function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
