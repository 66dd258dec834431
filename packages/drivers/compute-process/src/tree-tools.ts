import { execFile } from 'node:child_process';
import { lstatSync, rmdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { DriverError } from '@islet/driver';
import { systemTool, type UnixUser } from '@islet/supervise';
import { LIMITS } from './limits.ts';

/**
 * Also one that was made immutable. By the tool and not by path after path: a service that can write in it could swap a
 * folder for a link while root is deleting.
 */
export async function removeTree(...folders: readonly string[]): Promise<void> {
  const full = folders.filter((folder) => isThere(folder) && !removeEmpty(folder));
  if (full.length === 0) return;
  if (process.getuid?.() !== 0) await run('chmod', ['-R', 'u+rwX', ...full]);
  await run('rm', ['-rf', '--one-file-system', '--', ...full]);
}

/** Without a tool: to begin a process holds up everything else for as long as it takes to copy this one's page tables. */
function removeEmpty(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

/** As root it is root's, and its service's group may read it; otherwise nobody may write, which the owner could undo. */
export async function makeImmutable(files: string, user: UnixUser | undefined): Promise<void> {
  if (user !== undefined) await run('chown', ['-R', '-h', `0:${user.gid}`, files]);
  await run('chmod', ['-R', user === undefined ? 'a-w' : 'u+rX,u-s,g+rX,g-ws,o-rwx', files]);
}

/** What is called complete has to be so after a power cut as well. */
export function syncTree(folder: string): Promise<void> {
  return run('sync', ['--file-system', folder]);
}

async function run(tool: string, args: readonly string[]): Promise<void> {
  try {
    await promisify(execFile)(systemTool(tool) ?? tool, args, { timeout: LIMITS.treeToolMs });
  } catch (error) {
    throw new DriverError('internal', `${tool} failed: ${(error as Error).message}`, { cause: error });
  }
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
