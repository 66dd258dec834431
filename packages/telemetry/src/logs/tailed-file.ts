import { readFileSync, type Stats, statSync } from 'node:fs';
import { readAt, withFile } from '../store/segment.ts';

/** How far a file was read: it outlives whoever reads. */
export interface FilePlace {
  readonly at: number;
  /** Which file was `<log>.1` then; '': none. */
  readonly older: string;
}

/** Bytes that are read at once. */
const CHUNK_BYTES = 4 * 1024 * 1024;
const OLD_FILES = 9;

export interface Chunk {
  readonly bytes: Buffer;
  readonly place: FilePlace;
  /** Before these bytes some are missing: the log was rotated away meanwhile. */
  readonly isAfterLoss: boolean;
}

/**
 * Reads on in a log that is rotated as `rotateLog` does it: its beginning becomes `<log>.1`, the older ones move on, and the
 * bytes are cut out of the file, or are a hole at its beginning (`<log>.begin` says how long). So what was read last is found
 * by counting how many files have come before the one that was `<log>.1` then, also where that was an hour ago.
 *
 * Between the new `<log>.1` and the cut there are moments in which bytes are in both; a rotation is therefore believed when
 * it is seen for the second time.
 */
export class TailedFile {
  readonly path: string;
  #place: FilePlace;
  #seen: string;

  constructor(path: string, place: FilePlace) {
    this.path = path;
    this.#place = place;
    this.#seen = place.older;
  }

  /** As it would be begun now, from its first byte that is still there. */
  static beginning(path: string): FilePlace {
    return { at: holeOf(path, sizeOf(path)), older: idAt(`${path}.1`) };
  }

  get place(): FilePlace {
    return this.#place;
  }

  /** What came; undefined: nothing, for now. */
  read(): Chunk | undefined {
    const size = sizeOf(this.path);
    const older = idAt(`${this.path}.1`);
    if (older !== this.#place.older) {
      const isNews = older !== this.#seen;
      this.#seen = older;
      if (isNews) return undefined;
      return this.#afterRotation(size);
    }
    // Somebody has begun it anew.
    const from = this.#place.at > size ? 0 : this.#place.at;
    return this.#take(this.path, from, { older });
  }

  #afterRotation(size: number): Chunk | undefined {
    const { at, older } = this.#place;
    const hole = holeOf(this.path, size);
    const olds = oldFiles(this.path);
    if (hole > 0) return this.#inHoled(hole, olds);
    const since = olds.findIndex(({ id }) => id === older);
    const isLost = since < 0 && older !== '';
    const count = since < 0 ? olds.length : since;
    const old = olds[count - 1];
    if (old === undefined) return this.#take(this.path, at > size ? 0 : at, { older: olds[0]?.id ?? '' });
    const from = isLost ? 0 : at;
    // What is left is read as if nothing had ever been before it.
    if (from < old.size) return this.#take(old.path, from, { older: isLost ? '' : older, isAfterLoss: isLost });
    this.#place = { at: from - old.size, older: old.id };
    this.#seen = idAt(`${this.path}.1`);
    return this.read();
  }

  /** Offsets stay what they were; what was not read before the hole stands at the end of the newest old file. */
  #inHoled(hole: number, olds: readonly Old[]): Chunk | undefined {
    const { at } = this.#place;
    const [newest] = olds;
    if (at >= hole || newest === undefined) {
      return this.#take(this.path, Math.max(at, hole), { older: newest?.id ?? '' });
    }
    const from = at - (hole - newest.size);
    const chunk = readChunk(newest.path, Math.max(0, from));
    this.#place = { at: hole - newest.size + Math.max(0, from) + chunk.length, older: this.#place.older };
    return { bytes: chunk, place: this.#place, isAfterLoss: from < 0 };
  }

  #take(path: string, from: number, { older, isAfterLoss = false }: { older: string; isAfterLoss?: boolean }) {
    const bytes = readChunk(path, from);
    this.#place = { at: from + bytes.length, older };
    return bytes.length === 0 ? undefined : { bytes, place: this.#place, isAfterLoss };
  }
}

interface Old {
  readonly path: string;
  readonly id: string;
  readonly size: number;
}

/** The newest first. */
function oldFiles(path: string): readonly Old[] {
  const found: Old[] = [];
  for (let nth = 1; nth <= OLD_FILES; nth++) {
    const stats = look(`${path}.${nth}`);
    if (stats === undefined) break;
    found.push({ path: `${path}.${nth}`, id: idOf(stats), size: stats.size });
  }
  return found;
}

function readChunk(path: string, from: number): Buffer {
  try {
    return withFile(path, 'r', (fd) => readAt(fd, from, Math.max(0, Math.min(CHUNK_BYTES, sizeOf(path) - from))));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

function holeOf(path: string, size: number): number {
  try {
    const hole = Number(readFileSync(`${path}.begin`, 'utf8'));
    return hole <= size ? hole : 0;
  } catch {
    return 0;
  }
}

function look(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

function idAt(path: string): string {
  const stats = look(path);
  return stats === undefined ? '' : idOf(stats);
}

/** A number alone would not do: a file that is deleted leaves its own to the next one. An older log is written no more. */
function idOf({ ino, mtimeMs }: Stats): string {
  return `${ino}@${mtimeMs}`;
}

function sizeOf(path: string): number {
  return look(path)?.size ?? 0;
}
