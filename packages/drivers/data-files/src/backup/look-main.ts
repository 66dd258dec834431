/**
 * Looks through the volumes of a service, and writes what is there to stdout, frame by frame. It starts as Islet's own user, who
 * can read this program, and then becomes the files' owner.
 *
 * Nobody holds a service's files still while they are read. So a file's length and times are looked at before and after: what
 * changed in between is read again, a few times, and then said to be torn. A file that is gone by its turn was deleted, and one that
 * is replaced by another is that other one.
 */

import { once } from 'node:events';
import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
} from 'node:fs';
import { json } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { become } from '@islet/driver/become';
import { LIMITS } from '../options.ts';
import { dataFrame, toldFrame } from './frames.ts';
import type { Found } from './look.ts';
import type { FilesSource } from './source.ts';

export interface LookRequest extends Pick<FilesSource, 'root' | 'folders' | 'owner'> {
  /** Stamps of files whose content is known, by path. */
  readonly known: Readonly<Record<string, string>>;
  /** Tell only which files there are. */
  readonly namesOnly: boolean;
}

const request = (await json(process.stdin)) as LookRequest;
become(request.owner);
const known = new Map(Object.entries(request.known));
const SLASH = Buffer.from('/');
const part = Buffer.alloc(LIMITS.partBytes);
const startedAt = Date.now();
let sentBytes = 0;

for (const name of request.folders.toSorted()) await lookAt(Buffer.from(name));
await tell({ kind: 'end' });

async function lookAt(path: Buffer): Promise<void> {
  const place = Buffer.concat([Buffer.from(request.root), SLASH, path]);
  const stats = unlessGone(() => lstatSync(place, { bigint: true }));
  if (stats === undefined) return;
  const named = { path: path.toString('latin1') };
  const about = { ...named, mode: Number(stats.mode & 0o777n), changedAt: Number(stats.mtimeMs) };
  try {
    if (stats.isDirectory()) {
      const names = unlessGone(() => readdirSync(place, { encoding: 'buffer' })) ?? [];
      await tell({ kind: 'folder', ...about });
      for (const name of names.toSorted(Buffer.compare)) await lookAt(Buffer.concat([path, SLASH, name]));
    } else if (stats.isSymbolicLink()) {
      const target = unlessGone(() => readlinkSync(place, { encoding: 'buffer' }));
      if (target !== undefined) {
        await tell({ kind: 'link', ...named, changedAt: about.changedAt, target: target.toString('latin1') });
      }
    } else if (stats.isFile()) await lookAtFile(place, about, stats);
    // Sockets, pipes and devices hold nothing.
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EPERM') throw error;
    await tell({ kind: 'unread', ...named });
  }
}

type About = Omit<Extract<Found, { kind: 'file' }>, 'kind'>;

async function lookAtFile(place: Buffer, about: About, stats: BigIntStats): Promise<void> {
  if (known.get(about.path) === stampOf(stats)) return tell({ kind: 'same', path: about.path });
  if (request.namesOnly) {
    await tell({ kind: 'file', ...about });
    return tell({ kind: 'read', stamp: undefined, torn: false });
  }
  const file = unlessGone(() => openSync(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK));
  if (file === undefined) return;
  try {
    await tell({ kind: 'file', ...about });
    for (let reading = 1; ; reading++) {
      const before = fstatSync(file, { bigint: true });
      // The service may have put something else in its place.
      if (before.isFile()) await send(file, Number(before.size));
      const after = fstatSync(file, { bigint: true });
      const isSettled = stampOf(before) === stampOf(after);
      if (!isSettled && reading < LIMITS.readings) {
        await tell({ kind: 'again' });
        continue;
      }
      // One that was written a moment ago may be written again without a trace.
      const isOld = Date.now() - Number(after.ctimeMs) > LIMITS.tickMs;
      return await tell({ kind: 'read', stamp: isSettled && isOld ? stampOf(after) : undefined, torn: !isSettled });
    }
  } finally {
    closeSync(file);
  }
}

/** As far as it went when it was opened: one that only grows ends somewhere. */
async function send(file: number, length: number): Promise<void> {
  for (let position = 0; position < length; ) {
    const count = readSync(file, part, 0, Math.min(part.length, length - position), position);
    if (count === 0) return;
    await write(dataFrame(part.subarray(0, count)));
    position += count;
    sentBytes += count;
    const early = startedAt + (sentBytes / LIMITS.copyRateBytes) * 1000 - Date.now();
    if (early > 1) await pause(early);
  }
}

function stampOf({ ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [ino, size, mtimeNs, ctimeNs].join(' ');
}

function unlessGone<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    // ELOOP: a link took its place. ENOTDIR: of a folder above it.
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'ELOOP', 'ENOTDIR', 'ENXIO'].includes(code)) return undefined;
    throw error;
  }
}

function tell(found: Found): Promise<void> {
  return write(toldFrame(found));
}

async function write(bytes: Buffer): Promise<void> {
  if (!process.stdout.write(bytes)) await once(process.stdout, 'drain');
}
