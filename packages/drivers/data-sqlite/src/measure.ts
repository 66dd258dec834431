import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { endianness } from 'node:os';
import { DatabaseSync } from 'node:sqlite';
import type { StoreMeasures } from '@islet/driver';
import { FRAME_HEAD_BYTES } from './backup/wal-format.ts';
import { LIMITS } from './options.ts';

/*
 * There is no server to ask. What is known of a file that others write stands in three places: its own header says who wrote it
 * last, the write-ahead log beside it has a size, and the index of that log, which all who have it open share
 * (sqlite.org/walformat.html, "The WAL-Index File Format"), counts commits and says how much of the log is in the database by now.
 *
 * The index lives as long as anybody has the file open. So it is read before this process opens the file itself: without one
 * nobody counts commits, and nothing waits in the log.
 */
export function measureFile(path: string): StoreMeasures {
  const index = readIndex(`${path}-shm`);
  using database = new DatabaseSync(path, { timeout: LIMITS.busyMs, readOnly: true });
  const number = (pragma: string) => Number(Object.values(database.prepare(`PRAGMA ${pragma}`).get() ?? {})[0]);
  const [pages, freePages, pageBytes] = [number('page_count'), number('freelist_count'), number('page_size')];
  const { mtimeMs } = statSync(path);
  return {
    version: lastWriter(path) ?? String(database.prepare('SELECT sqlite_version() AS version').get()?.version),
    bytes: pages * pageBytes,
    connections: undefined,
    commits: index?.commits,
    // Each who has it open has a cache of its own, and tells nobody.
    cacheHits: undefined,
    slow: [],
    file: {
      pages,
      freePages,
      pageBytes,
      logBytes: sizeOf(`${path}-wal`),
      waitingBytes: (index?.waitingFrames ?? 0) * (FRAME_HEAD_BYTES + pageBytes),
      // While there is a log, nothing else writes into the database.
      checkpointedAt: Math.round(mtimeMs),
    },
  };
}

interface LogIndex {
  readonly commits: number;
  /** In the log, and not yet in the database. */
  readonly waitingFrames: number;
}

const HEADER = { bytes: 48, commits: 8, isReady: 12, frames: 16 } as const;
/** After two copies of the header: whoever reads a header that is being written sees that they differ. */
const BACKFILLED = 2 * HEADER.bytes;
const INDEX_BYTES = BACKFILLED + 4;
const LOOKS = 10;

function readIndex(path: string): LogIndex | undefined {
  for (let look = 0; look < LOOKS; look++) {
    const bytes = beginningOf(path, INDEX_BYTES);
    if (bytes === undefined || bytes.length < INDEX_BYTES) return undefined;
    const header = bytes.subarray(0, HEADER.bytes);
    if (!header.equals(bytes.subarray(HEADER.bytes, BACKFILLED)) || header[HEADER.isReady] === 0) continue;
    return {
      commits: wordAt(bytes, HEADER.commits),
      waitingFrames: Math.max(0, wordAt(bytes, HEADER.frames) - wordAt(bytes, BACKFILLED)),
    };
  }
  return undefined;
}

/** In the byte order of the machine. */
function wordAt(bytes: Buffer, offset: number): number {
  return endianness() === 'LE' ? bytes.readUInt32LE(offset) : bytes.readUInt32BE(offset);
}

const LAST_WRITER_AT = 96;

/** `3.50.4`: the library that changed the file last, which need not be ours. */
function lastWriter(path: string): string | undefined {
  const header = beginningOf(path, LAST_WRITER_AT + 4);
  const number = header?.length === LAST_WRITER_AT + 4 ? header.readUInt32BE(LAST_WRITER_AT) : 0;
  if (number === 0) return undefined;
  return [Math.floor(number / 1e6), Math.floor(number / 1e3) % 1e3, number % 1e3].join('.');
}

/** Undefined: it is not there. Shorter where the file is. */
function beginningOf(path: string, length: number): Buffer | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(file, bytes, 0, length, 0));
  } finally {
    closeSync(file);
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
