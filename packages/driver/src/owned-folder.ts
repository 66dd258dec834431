import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Stats } from 'node:fs';
import { chmod, lchown, lstat, mkdir, readdir, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DriverError } from './errors.ts';

/**
 * Folders that a service's own user may write to, made and removed by root.
 *
 * Whoever owns a folder can swap anything in it for a link, at any moment. Root that follows such a link writes, chowns
 * or deletes for the service whatever the service points at. So root only works in folders that root owns; what lies in
 * a service's folder is touched as that service's user. Not root: there is one user, and nothing to guard.
 */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Mode 0711: everyone may pass through to what is theirs, nobody may look around. */
export async function makePassage(folder: string): Promise<void> {
  if (await isFolder(folder)) return;
  if (!(await isFolder(dirname(folder)))) await makePassage(dirname(folder));
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o711);
}

/** Mode 0700, the owner's, in a folder that is not the owner's. */
export async function makeOwnedFolder(folder: string, owner: Owner | undefined): Promise<void> {
  await mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  if (!(await isFolder(folder))) {
    throw new DriverError('refused', `${folder} is not a folder`, { hint: 'look who put it there, and remove it' });
  }
  if (owner) await lchown(folder, owner.uid, owner.gid);
}

/** Removes it with all that is in it, as whoever owns it; nothing where it isn't there. */
export async function removeOwnedFolder(folder: string): Promise<void> {
  const { uid, gid } = (await look(folder)) ?? {};
  if (uid === undefined || gid === undefined) return;
  if (uid === process.getuid?.()) return rm(folder, { recursive: true, force: true });
  const asOwner = async (program: string, ...words: string[]) => {
    await once(spawn(program, [...words, '--', folder], { uid, gid, stdio: 'ignore' }), 'close');
  };
  // The owner may empty the folder but not remove it: that is for root, who sees by it whether anything is left.
  await asOwner('/bin/rm', '-rf');
  const isLeft = await rmdir(folder).then(
    () => false,
    () => true,
  );
  if (!isLeft) return;
  // A folder that its own owner may not write to can't be emptied.
  await asOwner('/bin/chmod', '-R', 'u+rwX');
  await asOwner('/bin/rm', '-rf');
  await rmdir(folder);
}

/**
 * Gives it to another owner, with all that is in it. Only while no process of the owner before runs, who could put a
 * link in the place of a file; a link itself is given, and never what it points at.
 */
export async function handOver(folder: string, owner: Owner | undefined): Promise<void> {
  if (owner === undefined) return;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await handOver(path, owner);
    else await lchown(path, owner.uid, owner.gid);
  }
  await lchown(folder, owner.uid, owner.gid);
}

/** For a folder that several share: the last one to leave removes it. */
export async function removeIfEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(error.code ?? '')) throw error;
  });
}

export async function isFolder(path: string): Promise<boolean> {
  return (await look(path)) !== undefined;
}

/** Of the folder itself: a link is none. */
async function look(path: string): Promise<Stats | undefined> {
  const stats = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
    return undefined;
  });
  return stats?.isDirectory() ? stats : undefined;
}
