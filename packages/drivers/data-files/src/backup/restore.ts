import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type CallOptions, DriverError, type RestoreRequest } from '@islet/driver';
import { makeOwnedFolder, makePassage, type Owner } from '@islet/driver/owned-folder';
import type { OwnersChild } from '@islet/driver/owners-child';
import { syncFolder } from '@islet/driver/records';
import { removeVolumes } from '../remove-volumes.ts';
import { startChild } from './child.ts';
import { readIndex } from './copy.ts';
import { type Entry, type FileEntry, shownPath } from './entries.ts';
import { dataFrame, toldFrame } from './frames.ts';
import type { WriteRequest } from './write-main.ts';

export interface VolumesPlace {
  /** It must not be there. */
  readonly folder: string;
  readonly owner: Owner | undefined;
}

/** The volumes of a copy, in a folder that gets its name when all of them are on disk. Returns what is in it. */
export async function restoreFiles(
  { folder, owner }: VolumesPlace,
  { facts, read }: Pick<RestoreRequest, 'facts' | 'read'>,
  options: CallOptions,
): Promise<readonly Entry[]> {
  if (read === undefined)
    throw new DriverError('internal', 'files are restored by whoever can read their copy in any order');
  const entries = await readIndex({ facts, read }, options);
  const draft = `${folder}.new`;
  await removeVolumes(draft);
  await makePassage(draft);
  for (const name of volumesIn(entries)) await makeOwnedFolder(join(draft, name), owner);
  const child = startChild('write', options.signal);
  try {
    await send(child, toldFrame({ root: draft, owner } satisfies WriteRequest));
    for (const entry of entries) {
      await send(child, toldFrame(entry));
      if (entry.kind === 'file') await sendContent(child, { entry, read }, options);
    }
    child.process.stdin.end();
    await child.end();
  } finally {
    await child.kill();
  }
  await makePassage(dirname(folder));
  await rename(draft, folder);
  await syncFolder(dirname(folder));
  return entries;
}

export function volumesIn(entries: readonly Entry[]): readonly string[] {
  return entries.filter(({ path }) => !path.includes('/')).map(({ path }) => path);
}

interface Content {
  readonly entry: FileEntry;
  readonly read: NonNullable<RestoreRequest['read']>;
}

async function sendContent(child: OwnersChild, { entry, read }: Content, options: CallOptions): Promise<void> {
  const hash = createHash('sha256');
  for (const span of entry.spans) {
    for await (const bytes of read(span, options)) {
      hash.update(bytes);
      await send(child, dataFrame(bytes));
    }
  }
  if (hash.digest('hex') === entry.sha256) return;
  throw new DriverError('damaged', `${shownPath(entry.path)} is not what was copied`);
}

async function send({ process, end }: OwnersChild, frame: Buffer): Promise<void> {
  if (process.stdin.writable && process.stdin.write(frame)) return;
  // One that has ended reads no more, and says why.
  await Promise.race([once(process.stdin, 'drain'), end()]);
}
