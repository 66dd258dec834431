import { execFile } from 'node:child_process';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DriverError } from '@islet/driver';
import type { UnixUser } from '@islet/supervise';
import { LIMITS } from './limits.ts';

/** `revision.json` beside a revision's `files`: where in them the service's folder is. */
export type Revision =
  | { readonly kind: 'snapshot'; readonly home: string }
  /** Runs in the service's own folder; nothing was copied. */
  | { readonly kind: 'in place'; readonly folder: string };

/** A revision's folder appears by one rename, when all in it is complete: its name is the mark. */
export async function completeRevision({ staged, final, revision, user }: CompleteRevision): Promise<void> {
  await writeFile(join(staged, 'revision.json'), JSON.stringify(revision), { mode: 0o600 });
  if (revision.kind === 'snapshot') await makeImmutable(join(staged, 'files'), user);
  // What is called complete has to be so after a power cut as well.
  await run('sync', ['--file-system', staged]);
  await rename(staged, final);
}

interface CompleteRevision {
  readonly staged: string;
  readonly final: string;
  readonly revision: Revision;
  readonly user: UnixUser | undefined;
}

export async function readRevision(folder: string): Promise<Revision | undefined> {
  const text = await readFile(join(folder, 'revision.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Revision);
}

export async function listRevisions(folder: string): Promise<readonly string[]> {
  return (await readdir(folder).catch(() => [])).sort();
}

/** Moved out of sight first, so that a removal that is interrupted leaves no half revision that counts as complete. */
export async function removeRevision(folder: string, staging: string): Promise<void> {
  const doomed = join(staging, `removed-${process.pid}-${Date.now()}`);
  try {
    await rename(folder, doomed);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  await removeTree(doomed);
}

/** Also one that was made immutable. */
export async function removeTree(folder: string): Promise<void> {
  if (process.getuid?.() !== 0) await run('chmod', ['-R', 'u+rwX', folder]).catch(() => {});
  await rm(folder, { recursive: true, force: true, maxRetries: 2 });
}

/** As root it is root's, and its service's group may read it; otherwise nobody may write, which the owner could undo. */
async function makeImmutable(files: string, user: UnixUser | undefined): Promise<void> {
  if (user !== undefined) await run('chown', ['-R', '-h', `0:${user.gid}`, files]);
  await run('chmod', ['-R', user === undefined ? 'a-w' : 'u+rX,u-s,g+rX,g-ws,o-rwx', files]);
}

async function run(tool: string, args: readonly string[]): Promise<void> {
  try {
    await promisify(execFile)(tool, args, { timeout: LIMITS.treeToolMs });
  } catch (error) {
    throw new DriverError('internal', `${tool} failed: ${(error as Error).message}`, { cause: error });
  }
}
