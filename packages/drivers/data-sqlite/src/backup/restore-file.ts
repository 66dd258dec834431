import { type FileHandle, lchown, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DriverError, type LogChunk, type RestoreOutcome, type RestoreRequest } from '@islet/driver';
import { makePassage, removeOwnedFolder } from '@islet/driver/owned-folder';
import { syncFolder } from '@islet/driver/records';
import { writeWhole } from '@islet/driver/write-whole';
import type { FileOwner } from './follow-protocol.ts';
import { decodeRecords, type LogRecord } from './record.ts';

export interface FilePlace {
  /** The store's own; it must not be there. */
  readonly folder: string;
  readonly file: string;
  readonly owner: FileOwner | undefined;
}

/**
 * A database file from a copy and the log: page after page, as SQLite itself takes its log over. It is made in a folder of
 * root's, and gets its name and its owner when all of it is on disk.
 */
export async function restoreFile(
  { folder, file, owner }: FilePlace,
  request: Pick<RestoreRequest, 'bytes' | 'log' | 'target'>,
  signal: AbortSignal,
): Promise<RestoreOutcome> {
  const draft = `${folder}.new`;
  await makePassage(dirname(folder));
  await removeOwnedFolder(draft);
  await mkdir(draft, { mode: 0o700 });
  const path = join(draft, file);
  const database = await open(path, 'wx+', 0o600);
  try {
    await writeAll(database, request.bytes, signal);
    const outcome = await rollForward({ database, pending: join(draft, 'pending') }, request, signal);
    await database.sync();
    if (owner) {
      await lchown(path, owner.uid, owner.gid);
      await lchown(draft, owner.uid, owner.gid);
    }
    await rename(draft, folder);
    await syncFolder(dirname(folder));
    return outcome;
  } finally {
    await database.close();
  }
}

async function writeAll(database: FileHandle, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
  let position = 0;
  for await (const part of bytes) {
    signal.throwIfAborted();
    await writeWhole(database, part, position);
    position += part.length;
  }
  if (position === 0) throw new DriverError('damaged', 'a copy of an SQLite file holds nothing');
}

interface Rolling {
  readonly database: FileHandle;
  /** Where the parts of a large transaction wait for its end. */
  readonly pending: string;
}

async function rollForward(
  { database, pending }: Rolling,
  { log, target }: Pick<RestoreRequest, 'log' | 'target'>,
  signal: AbortSignal,
): Promise<RestoreOutcome> {
  if (target.kind === 'copy') return { kind: 'restored' };
  const until = target.kind === 'time' ? target.at : Number.POSITIVE_INFINITY;
  const waiting = await open(pending, 'wx+', 0o600);
  try {
    let reached = 0;
    let waitingBytes = 0;
    for await (const chunk of log) {
      signal.throwIfAborted();
      reached = Math.max(reached, chunk.at);
      for (const record of recordsOf(chunk)) {
        if (record.at > until) return { kind: 'restored' };
        if (record.databasePages === 0) {
          waitingBytes += await append(waiting, record, waitingBytes);
          continue;
        }
        await applyWaiting(database, waiting, { bytes: waitingBytes, pageBytes: record.pageBytes });
        waitingBytes = 0;
        await apply(database, record);
      }
    }
    return { kind: target.kind === 'time' && reached < until ? 'short' : 'restored' };
  } finally {
    await waiting.close();
    await rm(pending);
  }
}

function* recordsOf({ bytes }: LogChunk): Generator<LogRecord> {
  try {
    yield* decodeRecords(bytes);
  } catch (cause) {
    throw new DriverError('damaged', 'a piece of the log can not be read', { cause });
  }
}

async function apply(database: FileHandle, { pages, pageBytes, databasePages }: LogRecord): Promise<void> {
  for (const { page, bytes } of pages) await writeWhole(database, bytes, (page - 1) * pageBytes);
  await database.truncate(databasePages * pageBytes);
}

/** Returns how many bytes that were. */
async function append(waiting: FileHandle, { pages }: LogRecord, position: number): Promise<number> {
  const parts = pages.flatMap(({ page, bytes }) => [numbered(page), bytes]);
  const all = Buffer.concat(parts);
  await writeWhole(waiting, all, position);
  return all.length;
}

async function applyWaiting(
  database: FileHandle,
  waiting: FileHandle,
  { bytes, pageBytes }: { readonly bytes: number; readonly pageBytes: number },
): Promise<void> {
  const entry = Buffer.alloc(4 + pageBytes);
  for (let position = 0; position < bytes; position += entry.length) {
    await waiting.read(entry, 0, entry.length, position);
    await writeWhole(database, entry.subarray(4), (entry.readUInt32BE() - 1) * pageBytes);
  }
}

function numbered(page: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(page);
  return bytes;
}
