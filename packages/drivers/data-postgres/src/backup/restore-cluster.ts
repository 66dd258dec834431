import { chmod, lchown, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DriverError, type RestoreRequest, type RestoreTarget } from '@islet/driver';
import { makePassage, removeOwnedFolder } from '@islet/driver/owned-folder';
import { syncFolder } from '@islet/driver/records';
import { type ClusterPlace, clusterExists, clusterFolder } from '../cluster.ts';
import { writeSegments } from './segments.ts';
import { unpackCluster } from './unpack.ts';

/**
 * A data directory from a base backup and the log, ready to be started: the server replays up to the target by itself.
 * All of the log is laid out before the server starts, so what is missing or damaged is found before anything runs. It
 * gets its name when all of it is there, as one from `initdb` does.
 */
export async function unpackToRecover(
  place: ClusterPlace,
  { facts, bytes, log }: Pick<RestoreRequest, 'facts' | 'bytes' | 'log'>,
  signal: AbortSignal,
): Promise<void> {
  const { folder, user } = place;
  if (await clusterExists(place)) throw new DriverError('refused', `there is a cluster in ${folder}`);
  const { needs, notes } = facts;
  if (needs === undefined) throw new DriverError('damaged', 'a base backup that needs no log is none');
  const draft = join(folder, 'cluster.new');
  await makePassage(folder);
  await removeOwnedFolder(draft);
  // Root's until the end: nobody swaps a file for a link in it.
  await mkdir(draft, { mode: 0o700 });
  const [timeline, segmentBytes] = [Number(notes.timeline), Number(notes.segmentBytes)];
  const into = join(draft, 'pg_wal');
  await mkdir(into, { mode: 0o700 });
  // Both at once: while one waits for the disk, the other has the processor. Whatever fails, neither goes on afterwards.
  const halves = await Promise.allSettled([
    unpackCluster({ bytes, into: draft, user, manifest: notes.manifest ?? '', signal }),
    writeSegments({ log, needs, timeline, segmentBytes, into, user }),
  ]);
  for (const half of halves) if (half.status === 'rejected') throw half.reason;
  await writeFile(join(draft, 'recovery.signal'), '', { mode: 0o600 });
  if (user) {
    await lchown(join(draft, 'recovery.signal'), user.uid, user.gid);
    await lchown(draft, user.uid, user.gid);
  }
  await chmod(draft, 0o700);
  await rename(draft, clusterFolder(place));
  await syncFolder(folder);
}

/** How the server is told to end its recovery. The whole log lies in its own folder: nothing has to be fetched. */
export function recoverySettings(target: RestoreTarget): Readonly<Record<string, string>> {
  return {
    restore_command: '/bin/false',
    recovery_target_timeline: 'current',
    recovery_target_action: 'promote',
    // Nobody is let in before the target is reached.
    hot_standby: 'off',
    ...targetSettings(target),
  };
}

function targetSettings(target: RestoreTarget): Readonly<Record<string, string>> {
  switch (target.kind) {
    case 'copy':
      return { recovery_target: 'immediate' };
    case 'latest':
      return {};
    case 'time':
      // A letter for a time zone is not understood here.
      return {
        recovery_target_time: new Date(target.at).toISOString().replace('Z', '+00'),
        recovery_target_inclusive: 'on',
      };
  }
}

/** What the server writes when its log ends before the target. */
export function endedTooEarly(written: string): boolean {
  return written.includes('recovery ended before configured recovery target was reached');
}
