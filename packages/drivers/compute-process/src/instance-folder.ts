import { mkdir, readdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { UnixUser } from '@islet/supervise';
import { makeOwn } from './service-folders.ts';

export interface InstanceFolder {
  readonly cwd: string;
  readonly home: string;
  readonly temporary: string;
}

/** The instance's own home and temporary folder, emptied of what an earlier process left there for a while. */
export async function makeInstanceFolder(root: string, user: UnixUser | undefined): Promise<InstanceFolder> {
  const [home, temporary, work] = [join(root, 'home'), join(root, 'tmp'), join(root, 'work')];
  await makeOwn(root, user);
  await rm(temporary, { recursive: true, force: true });
  for (const folder of [home, temporary, work]) await makeOwn(folder, user);
  return { cwd: work, home, temporary };
}

/**
 * Mirrors a revision below `work`: the path to the service's folder is made of folders of the instance's own, where it can
 * write; everything beside that path is a link into the revision, which nobody can change. So `src/main.ts`, `../../proto`
 * and a file that the service makes in its working directory are all where it expects them. Returns the service's folder.
 */
export async function mirror({ files, home, work, user }: Mirror): Promise<string> {
  let [from, to] = [files, work];
  for (const name of home.split('/').filter(Boolean)) {
    await linkEntries(from, to, name);
    [from, to] = [join(from, name), join(to, name)];
    await makeOwn(to, user);
  }
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
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from)) {
    if (entry !== except) await symlink(join(from, entry), join(to, entry)).catch(unlessThere);
  }
}

/** From an earlier start of this instance; or the service put something else in its place. */
function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
