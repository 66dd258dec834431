import { closeSync, fdatasyncSync, fstatSync, ftruncateSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { BLOCK_MAGIC, Block, type BlockHeader, PREFIX_BYTES, readHeader, readPrefix, soundFilter } from './block.ts';
import type { Schema } from './schema.ts';

/** One block of a file, and where it is. */
export interface Placed {
  readonly header: BlockHeader;
  readonly filter: Buffer;
  /** Where its body begins, in the file. */
  readonly body: number;
}

/** Bytes of a file that are no block. */
export interface Damage {
  readonly at: number;
  readonly bytes: number;
}

/**
 * A file of blocks, one after the other, that only grows. What of it is damaged is passed over: a reader goes on at the
 * next place where a block begins. It is open only while it is read or written: a hundred services have thousands of them.
 */
export class Segment {
  readonly path: string;
  #bytes: number;
  #blocks: readonly Placed[];
  readonly damage: readonly Damage[];
  #from = Number.POSITIVE_INFINITY;
  #to = Number.NEGATIVE_INFINITY;

  private constructor(path: string, { bytes, blocks, damage }: Found) {
    this.path = path;
    this.#bytes = bytes;
    this.#blocks = blocks;
    this.damage = damage;
    for (const { header } of blocks) this.#widen(header);
  }

  /** Made where it is missing. An end that is torn, as a write that was broken off leaves it, is cut off. */
  static open(path: string): Segment {
    return withFile(path, 'a+', (fd) => {
      const { size } = fstatSync(fd);
      const found = scan(fd, size);
      if (found.bytes < size) ftruncateSync(fd, found.bytes);
      return new Segment(path, found);
    });
  }

  get bytes(): number {
    return this.#bytes;
  }

  get blocks(): readonly Placed[] {
    return this.#blocks;
  }

  /** The oldest of its rows. */
  get from(): number {
    return this.#from;
  }

  get to(): number {
    return this.#to;
  }

  /** Durable when it returns. Where it throws, as on a full disk, the file is as before. */
  append(block: Buffer): void {
    const prefix = readPrefix(block);
    if (prefix === undefined) throw new Error('what was to be appended is no block');
    const body = PREFIX_BYTES + prefix.headerBytes;
    const header = JSON.parse(block.toString('utf8', PREFIX_BYTES, body)) as BlockHeader;
    withFile(this.path, 'a', (fd) => {
      try {
        writeAll(fd, block);
        fdatasyncSync(fd);
      } catch (error) {
        ftruncateSync(fd, this.#bytes);
        throw error;
      }
    });
    const filter = Buffer.from(block.subarray(body, body + header.filter[0]));
    this.#blocks = [...this.#blocks, { header, filter, body: this.#bytes + body }];
    this.#bytes += block.length;
    this.#widen(header);
  }

  block<R>({ header, filter, body }: Placed, schema: Schema<R>): Block<R> {
    const read = (from: number, bytes: number) => withFile(this.path, 'r', (fd) => readAt(fd, body + from, bytes));
    return new Block(header, schema, read, filter);
  }

  remove(): void {
    rmSync(this.path, { force: true });
  }

  #widen({ from, to }: BlockHeader): void {
    this.#from = Math.min(this.#from, from);
    this.#to = Math.max(this.#to, to);
  }
}

interface Found {
  /** Up to the end of the last whole block. */
  readonly bytes: number;
  readonly blocks: readonly Placed[];
  readonly damage: readonly Damage[];
}

function scan(fd: number, size: number): Found {
  const blocks: Placed[] = [];
  const damage: Damage[] = [];
  let end = 0;
  for (let at = 0; at < size; ) {
    const placed = blockAt(fd, at, size);
    if (placed !== undefined) {
      if (at > end) damage.push({ at: end, bytes: at - end });
      blocks.push(placed.block);
      end = placed.end;
      at = placed.end;
      continue;
    }
    const next = nextMagic(fd, at + 1, size);
    if (next === undefined) break;
    at = next;
  }
  return { bytes: end, blocks, damage };
}

/** Its header and its filter are looked at, its columns when they are read. */
function blockAt(fd: number, at: number, size: number): { block: Placed; end: number } | undefined {
  const prefix = readPrefix(readAt(fd, at, PREFIX_BYTES));
  if (prefix === undefined) return undefined;
  const body = at + PREFIX_BYTES + prefix.headerBytes;
  const end = body + prefix.bodyBytes;
  if (end > size) return undefined;
  const header = readHeader(readAt(fd, at + PREFIX_BYTES, prefix.headerBytes), prefix);
  if (header === undefined) return undefined;
  return { block: { header, filter: soundFilter(readAt(fd, body, header.filter[0]), header), body }, end };
}

const SEARCH_BYTES = 1024 * 1024;

function nextMagic(fd: number, from: number, size: number): number | undefined {
  const wanted = Buffer.alloc(4);
  wanted.writeUInt32LE(BLOCK_MAGIC);
  for (let at = from; at < size; at += SEARCH_BYTES) {
    const found = readAt(fd, at, Math.min(SEARCH_BYTES + 3, size - at)).indexOf(wanted);
    if (found >= 0) return at + found;
  }
  return undefined;
}

export function withFile<T>(path: string, flags: string, act: (fd: number) => T): T {
  const fd = openSync(path, flags, 0o600);
  try {
    return act(fd);
  } finally {
    closeSync(fd);
  }
}

export function writeAll(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}

/** Fewer bytes where the file ends before. */
export function readAt(fd: number, at: number, bytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(bytes);
  let length = 0;
  while (length < bytes) {
    const got = readSync(fd, buffer, length, bytes - length, at + length);
    if (got === 0) break;
    length += got;
  }
  return buffer.subarray(0, length);
}
