import { mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { UnixUser } from '@islet/supervise';
import { letIn, makeOwn } from './service-folders.ts';
import { removeTree } from './tree-tools.ts';

export interface InstanceFolder {
  readonly work: string;
  readonly home: string;
  readonly temporary: string;
}

/**
 * The instance's own home and temporary folder, the latter emptied of what an earlier process left. Root makes them again
 * at each start, so the service must not be able to put a link in their place: the folder that they lie in is not its own.
 */
export async function makeInstanceFolder(root: string, user: UnixUser | undefined): Promise<InstanceFolder> {
  const [home, temporary, work] = [join(root, 'home'), join(root, 'tmp'), join(root, 'work')];
  await removeTree(temporary);
  await mkdir(work, { recursive: true });
  for (const folder of [root, work]) await letIn(folder, user);
  for (const folder of [home, temporary]) await makeOwn(folder, user);
  return { work, home, temporary };
}

/**
 * Mirrors a revision below `work`, and returns the service's folder in it: the one folder there where it can write. The
 * path that leads to it is made of folders, and everything beside that path and in the service's folder is a link into the
 * revision, which nobody can change. So `src/main.ts`, `../../proto` and a file that the service makes in its working
 * directory are all where it expects them.
 */
export async function mirror({ files, home, work, user }: Mirror): Promise<string> {
  let [from, to] = [files, work];
  for (const name of home.split('/').filter(Boolean)) {
    await linkEntries(from, to, name);
    [from, to] = [join(from, name), join(to, name)];
    await mkdir(to, { recursive: true });
    await letIn(to, user);
  }
  await makeOwn(to, user);
  await linkEntries(from, to, undefined);
  return to;
}

interface Mirror {
  /** A revision's files. */
  readonly files: string;
  /** The service's folder in them. */
  readonly home: string;
  readonly work: string;
  readonly user: UnixUser | undefined;
}

async function linkEntries(from: string, to: string, except: string | undefined): Promise<void> {
  for (const entry of await readdir(from)) {
    if (entry !== except) await symlink(join(from, entry), join(to, entry)).catch(unlessThere);
  }
}

/** From an earlier start of this instance; or the service put something else in its place. */
function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
