import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { DriverError } from '@islet/driver';
import type { Repository, StoredObject } from './repository.ts';

/** A folder that only Islet's own user enters. An object is a file, under its name. */
export function folderRepository(folder: string): Repository {
  const known = new Set<string>();
  /** Each folder above it is on disk before the first file in it. */
  const ensureFolder = async (path: string) => {
    if (known.has(path)) return;
    const first = await mkdir(path, { recursive: true, mode: 0o700 });
    if (first !== undefined) for (let at = path; at.length >= dirname(first).length; at = dirname(at)) await sync(at);
    await removeDrafts(path);
    known.add(path);
  };
  return {
    place: folder,
    put: async (name, bytes, { signal }) => {
      signal.throwIfAborted();
      const path = join(folder, name);
      // Whoever removed the folder's last file may have removed the folder in between.
      await tryTwice(async () => {
        await ensureFolder(dirname(path));
        await write(path, bytes).catch((error) => {
          known.clear();
          throw error;
        });
      });
    },
    get: async (name, { signal }) => readFile(join(folder, name), { signal }).catch(orUndefined),
    list: async (prefix, { signal }) => {
      signal.throwIfAborted();
      // The deepest folder that all of them are in.
      const within = join(folder, prefix.slice(0, prefix.lastIndexOf('/') + 1));
      const entries = (await readdir(within, { recursive: true, withFileTypes: true }).catch(orUndefined)) ?? [];
      const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.'));
      const paths = files.map((entry) => join(entry.parentPath, entry.name));
      const found: StoredObject[] = [];
      for (const path of paths) {
        const name = relative(folder, path);
        const size = name.startsWith(prefix) ? (await stat(path).catch(orUndefined))?.size : undefined;
        if (size !== undefined) found.push({ name, bytes: size });
      }
      return found.sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    remove: async (name) => {
      await rm(join(folder, name), { force: true });
      known.clear();
      await removeEmpty(dirname(join(folder, name)), folder);
    },
  };
}

async function tryTwice(act: () => Promise<void>): Promise<void> {
  await act().catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw DriverError.from(error);
    return act();
  });
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  // A name that is never listed.
  const draft = join(dirname(path), `.${randomBytes(6).toString('hex')}${DRAFT}`);
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  await sync(dirname(path));
}

const DRAFT = '.new';
/** Whoever still writes one is done with it in much less. */
const DRAFT_MS = 3_600_000;

/** What somebody who was killed had begun to write would be there for ever. */
async function removeDrafts(folder: string): Promise<void> {
  const names = (await readdir(folder).catch(orUndefined)) ?? [];
  for (const path of names.filter(isDraft).map((name) => join(folder, name))) {
    const { mtimeMs = Date.now() } = (await stat(path).catch(orUndefined)) ?? {};
    if (mtimeMs < Date.now() - DRAFT_MS) await rm(path, { force: true });
  }
}

function isDraft(name: string): boolean {
  return name.startsWith('.') && name.endsWith(DRAFT);
}

async function sync(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function removeEmpty(folder: string, root: string): Promise<void> {
  for (let at = folder; at.startsWith(`${root}/`); at = dirname(at)) {
    await removeDrafts(at);
    const removed = await rmdir(at).then(
      () => true,
      () => false,
    );
    if (!removed) return;
  }
}

function orUndefined(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw DriverError.from(error);
}
