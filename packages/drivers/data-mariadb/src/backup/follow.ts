import { constants } from 'node:fs';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type CallOptions, DriverError, type LogChunk, type LogPosition, type StoreSource } from '@islet/driver';
import { withConnection } from '../connect.ts';
import { type Frame, writeFrame } from './frames.ts';
import { fileName, fileNumber, type Place, placeOf, positionOf } from './position.ts';
import { adminOf, away, type MariadbSource, parseSource } from './source.ts';

/** RPO is this, and the time to store what came. */
const LOOK_MS = 250;
const QUIET_MS = 5_000;
const CHUNK_BYTES = 4 * 1024 * 1024;

/**
 * The binary log as it is written. The server forces it to disk before it acknowledges a commit (`sync_binlog`), so all that
 * was acknowledged before a look at the files is in them. A file that was stored to its end is given back to the server, which
 * removes it.
 */
export async function* followMariadb(
  { source, from }: { readonly source: StoreSource; readonly from: LogPosition | undefined },
  { signal }: CallOptions,
): AsyncGenerator<LogChunk, void> {
  const server = parseSource(source);
  let place = from === undefined ? await firstPlace(server) : placeOf(from);
  let given = 0;
  let toldAt = 0;
  await using reading = new Reading(server);
  for (;;) {
    signal.throwIfAborted();
    const at = Date.now();
    const { frames, next, isWhole } = await reading.from(place).catch((error: unknown) => {
      throw away('can not be followed', error);
    });
    if (frames.length > 0) {
      const bytes = Buffer.concat(frames.map(writeFrame));
      yield { from: positionOf(place), to: positionOf(next), at: isWhole ? at : 0, bytes };
      place = next;
      toldAt = at;
      // Asking for more says that it is durable.
      if (place.file > given) given = await giveBack(server, place.file, signal);
      if (!isWhole) continue;
    } else if (at >= toldAt + QUIET_MS) {
      const position = positionOf(place);
      yield { from: position, to: position, at, bytes: new Uint8Array(0) };
      toldAt = at;
    }
    await pause(LOOK_MS, undefined, { signal });
  }
}

interface Read {
  readonly frames: readonly Frame[];
  readonly next: Place;
  /** There was no more when it was looked for. */
  readonly isWhole: boolean;
}

/** The log's files, one of which is open. */
class Reading implements AsyncDisposable {
  readonly #server: MariadbSource;
  #open: { readonly file: number; readonly handle: FileHandle } | undefined;

  constructor(server: MariadbSource) {
    this.#server = server;
  }

  /** What there is from here on, up to a limit. */
  async from(place: Place): Promise<Read> {
    const frames: Frame[] = [];
    let next = place;
    for (let room = CHUNK_BYTES; room > 0; ) {
      // Before the size is asked for: a file that has a successor grows no more.
      const hasSuccessor = await this.#exists(next.file + 1);
      const bytes = await this.#read(next, room);
      if (bytes.length > 0) {
        frames.push({ ...next, bytes });
        next = { file: next.file, offset: next.offset + bytes.length };
        room -= bytes.length;
      } else if (hasSuccessor) {
        next = { file: next.file + 1, offset: 0 };
      } else {
        return { frames, next, isWhole: true };
      }
    }
    return { frames, next, isWhole: false };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open?.handle.close();
  }

  async #read({ file, offset }: Place, most: number): Promise<Uint8Array> {
    if (this.#open?.file !== file) {
      await this.#open?.handle.close();
      this.#open = undefined;
      this.#open = { file, handle: await openLog(this.#server, fileName(file)) };
    }
    const { handle } = this.#open;
    const { size } = await handle.stat();
    const length = Math.max(0, Math.min(size - offset, most));
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset);
    return buffer.subarray(0, bytesRead);
  }

  async #exists(file: number): Promise<boolean> {
    const handle = await openLog(this.#server, fileName(file)).catch((error: unknown) => {
      if (error instanceof DriverError && error.code === 'not-found') return undefined;
      throw error;
    });
    await handle?.close();
    return handle !== undefined;
  }
}

/** The folder is the service's, and may hold a link to anything: only a file of the service's own is read. */
async function openLog({ data, user }: MariadbSource, name: string): Promise<FileHandle> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(join(data, name), flags).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    throw new DriverError('not-found', `MariaDB no longer has its log ${name}`);
  });
  const stats = await handle.stat();
  if (stats.isFile() && (user === undefined || stats.uid === user.uid)) return handle;
  await handle.close();
  throw new DriverError('refused', `${join(data, name)} is no log of the service's own server`, {
    hint: 'look who put it there, and remove it',
  });
}

/** The beginning of the oldest file that the server still has. */
async function firstPlace(server: MariadbSource): Promise<Place> {
  const handle = await openLog(server, 'binlog.index');
  const text = await readFile(handle, 'utf8').finally(() => handle.close());
  const file = fileNumber(text.split('\n')[0] ?? '');
  if (file === undefined) throw new DriverError('unavailable', 'MariaDB does not say where its log begins');
  return { file, offset: 0 };
}

async function giveBack(server: MariadbSource, file: number, signal: AbortSignal): Promise<number> {
  try {
    await withConnection(adminOf(server), signal, (connection) =>
      connection.query(`PURGE BINARY LOGS TO '${fileName(file)}'`),
    );
    return file;
  } catch {
    signal.throwIfAborted();
    // It is away, or busy: the next file gives both back.
    return 0;
  }
}
