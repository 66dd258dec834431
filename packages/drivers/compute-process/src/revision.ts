import { chmod, readFile, realpath, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DriverError } from '@islet/driver';
import type { UnixUser } from '@islet/supervise';
import { listFolder } from './list-folder.ts';
import { letIn } from './service-folders.ts';
import { makeImmutable, removeTree, syncTree } from './tree-tools.ts';

/** `revision.json` beside a revision's `files`: where in them the service's folder is. */
export type Revision =
  | { readonly kind: 'snapshot'; readonly home: string }
  /** Runs in the service's own folder; nothing was copied. */
  | { readonly kind: 'in place'; readonly folder: string };

/** A revision's folder appears by one rename, when all in it is complete: its name is the mark. */
export async function completeRevision({ staged, final, revision, user }: CompleteRevision): Promise<void> {
  await writeFile(join(staged, 'revision.json'), JSON.stringify(revision), { mode: 0o600 });
  await chmod(staged, 0o700);
  if (revision.kind === 'snapshot') {
    await makeImmutable(join(staged, 'files'), user);
    await requireFolder(join(staged, 'files'), revision.home);
  }
  await letIn(staged, user);
  await syncTree(staged);
  await rename(staged, final);
}

/**
 * Asked when nobody can change it any more. A build could put links in the place of the folders that lead to its own, and
 * root would go wherever they lead when it makes an instance's folder.
 */
async function requireFolder(files: string, home: string): Promise<void> {
  const place = join(files, home);
  const real = await realpath(place).catch(() => undefined);
  if (real === join(await realpath(files), home)) return;
  throw new DriverError('refused', `the build moved the service's folder away: ${home || '.'} is not there any more`, {
    hint: 'let run.build leave the folder that it starts in where it is',
  });
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

export function listRevisions(folder: string): readonly string[] {
  return listFolder(folder);
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
