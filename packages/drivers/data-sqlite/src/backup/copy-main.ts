/**
 * Writes an SQLite file to stdout as of one moment, while others write to it, and without a second copy on the disk: first
 * its length, then page after page. It starts as Islet's own user, who can read this program, and then becomes the file's.
 *
 * While a reader's transaction lasts, SQLite takes nothing over into the database but what the reader sees, and all of that
 * is in the log too, or was taken over before (`hold.ts`). So a page is its newest image in the log as it was a moment after
 * the transaction began; or, of a page that is not in the log, what the database has, which nobody changes meanwhile.
 */

import { once } from 'node:events';
import { fstatSync, openSync, readSync } from 'node:fs';
import { json } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { become } from '@islet/driver/become';
import type { FileOwner } from './follow-protocol.ts';
import { beginReading, openExisting } from './hold.ts';
import { LIMITS } from './limits.ts';
import { WalFile } from './wal-file.ts';

export interface CopyRequest {
  readonly path: string;
  readonly owner: FileOwner | undefined;
}

const { path, owner } = (await json(process.stdin)) as CopyRequest;
become(owner);
const connection = openExisting(path);
beginReading(connection);
const wal = new WalFile(`${path}-wal`);
// Never closed before the end: that would take SQLite's locks off it.
const file = openSync(path, 'r');
let images = wal.images();
const pageBytes = images?.pageBytes ?? pageBytesOf(read(0, 100));
const pages = images === undefined ? fstatSync(file).size / pageBytes : images.databasePages;

const length = Buffer.alloc(8);
length.writeBigUInt64BE(BigInt(pages) * BigInt(pageBytes));
await write(length);
const startedAt = Date.now();
const partPages = Math.max(1, Math.floor(LIMITS.copyPartBytes / pageBytes));
for (let first = 1; first <= pages; first += partPages) {
  await write(partOf(first, Math.min(partPages, pages - first + 1)));
  const sent = Math.min(first + partPages, pages) * pageBytes;
  const early = startedAt + (sent / LIMITS.copyRateBytes) * 1000 - Date.now();
  if (early > 1) await pause(early);
}
connection.close();

function partOf(first: number, count: number): Buffer {
  const part = read((first - 1) * pageBytes, count * pageBytes);
  if (images === undefined) return part;
  const plain = Buffer.from(part);
  for (let index = 0; index < count; index++) {
    const frame = images.frames.get(first + index);
    if (frame !== undefined) part.set(wal.page(frame, pageBytes), index * pageBytes);
  }
  if (wal.holds(images.begin)) return part;
  // It was filled anew, which says that the database has had all of it since before the transaction began.
  images = undefined;
  return plain;
}

/** A page that was never written is empty. */
function read(position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let filled = 0; filled < length; ) {
    const count = readSync(file, bytes, filled, length - filled, position + filled);
    if (count === 0) break;
    filled += count;
  }
  return bytes;
}

/** sqlite.org/fileformat2.html, "The Database Header". */
function pageBytesOf(header: Buffer): number {
  const bytes = header.readUInt16BE(16);
  return bytes === 1 ? 65_536 : bytes;
}

async function write(bytes: Buffer): Promise<void> {
  if (!process.stdout.write(bytes)) await once(process.stdout, 'drain');
}
