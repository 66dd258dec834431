import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Cursor } from './cursor.ts';
import type { PageImage } from './record.ts';
import {
  FRAME_HEAD_BYTES,
  frameSum,
  HEADER_BYTES,
  isSameSalts,
  isSameSum,
  parseFrameHead,
  parseHeader,
  type Salts,
  type Sum,
  type WalHeader,
} from './wal-format.ts';
import type { Committed } from './wal-index.ts';

/** A part of one transaction: all of it, but of very large ones. */
export interface WalPart {
  readonly pageBytes: number;
  readonly databasePages: number;
  readonly pages: readonly PageImage[];
  readonly end: Cursor;
}

/** Where the newest image of each page is. */
export interface WalImages {
  /** As long as the file holds this, they are there. */
  readonly begin: Cursor;
  readonly pageBytes: number;
  readonly databasePages: number;
  /** By page: the frame. */
  readonly frames: ReadonlyMap<number, number>;
}

export interface WalReading {
  readonly partBytes: number;
  readonly upTo?: Committed | undefined;
}

const PART_BYTES = 1024 * 1024;

/** What comes next is not what comes after the cursor: the file was filled anew meanwhile, by nobody knows what. */
export class LogGap extends Error {
  constructor() {
    super('SQLite has written over a part of its log that is still asked for');
  }
}

/** Reads a write-ahead log that others write. SQLite keeps no locks on this file, so it may be opened and closed at will. */
export class WalFile {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, 'r');
  }

  /** No longer the file that the path leads to. */
  get isGone(): boolean {
    return fstatSync(this.#file).nlink === 0;
  }

  get bytes(): number {
    return fstatSync(this.#file).size;
  }

  header(): WalHeader | undefined {
    return parseHeader(this.#read(0, HEADER_BYTES));
  }

  /** Before the first frame of what is in it now. */
  begin(): Cursor {
    const header = this.header();
    if (header === undefined) return { salts: undefined, frame: 0, sum: { s0: 0, s1: 0 } };
    return { salts: header.salts, frame: 0, sum: header.sum };
  }

  /** The frame before the cursor is there, as it was. */
  holds({ salts, frame, sum }: Cursor): boolean {
    const header = this.header();
    if (salts === undefined) return header === undefined;
    if (header === undefined || !isSameSalts(header.salts, salts)) return false;
    if (frame === 0) return isSameSum(header.sum, sum);
    const head = this.#read(frameStart(frame, header), FRAME_HEAD_BYTES);
    if (head.length < FRAME_HEAD_BYTES) return false;
    const last = parseFrameHead(head);
    return isSameSalts(last.salts, salts) && isSameSum(last.sum, sum);
  }

  /**
   * Where reading goes on. Whoever holds the file (`Hold`) knows that it was filled anew at most once since it was read to
   * its end; then what follows is at its beginning.
   */
  next(cursor: Cursor): { readonly header: WalHeader; readonly cursor: Cursor } | undefined {
    const header = this.header();
    if (header === undefined) return undefined;
    if (cursor.salts !== undefined && isSameSalts(header.salts, cursor.salts)) return { header, cursor };
    if (cursor.salts !== undefined && header.salts.first !== nextFirst(cursor.salts)) throw new LogGap();
    return { header, cursor: { salts: header.salts, frame: 0, sum: header.sum } };
  }

  /**
   * Whole transactions after the cursor, in parts of about so many bytes; of what is not committed, nothing, and nothing of
   * what is committed after `upTo`. Undefined: all that is there.
   */
  *committed(from: Cursor, { partBytes, upTo }: WalReading): Generator<WalPart> {
    const found = this.next(from);
    if (found === undefined) return;
    const { header } = found;
    let { cursor } = found;
    // Filled anew since. The index is told of a new filling before the file is: what is in an older one was all there.
    if (upTo !== undefined && header.salts.first === nextFirst(upTo.salts)) return;
    const last = upTo !== undefined && isSameSalts(header.salts, upTo.salts) ? upTo.frame : Number.POSITIVE_INFINITY;
    for (;;) {
      const end = this.#endOfTransaction(header, cursor);
      if (end === undefined || end.frame > last) return;
      while (cursor.frame < end.frame) {
        const count = Math.min(end.frame - cursor.frame, Math.max(1, Math.floor(partBytes / header.pageBytes)));
        const part = this.#part(header, cursor, count);
        yield part;
        cursor = part.end;
      }
    }
  }

  /** The frame that ends the next transaction; undefined: it isn't there yet. */
  #endOfTransaction(header: WalHeader, { frame, sum }: Cursor): { readonly frame: number } | undefined {
    let before = sum;
    for (let number = frame + 1; ; number++) {
      const bytes = this.#read(frameStart(number, header), FRAME_HEAD_BYTES + header.pageBytes);
      const after = soundFrame(header, before, bytes);
      if (after === undefined) return undefined;
      if (parseFrameHead(bytes).databasePages > 0) return { frame: number };
      before = after;
    }
  }

  #part(header: WalHeader, { frame, sum }: Cursor, count: number): WalPart {
    const pages: PageImage[] = [];
    let databasePages = 0;
    let before = sum;
    for (let number = frame + 1; number <= frame + count; number++) {
      const bytes = this.#read(frameStart(number, header), FRAME_HEAD_BYTES + header.pageBytes);
      const after = soundFrame(header, before, bytes);
      // It was there a moment ago, and is committed.
      if (after === undefined) throw new LogGap();
      const head = parseFrameHead(bytes);
      pages.push({ page: head.page, bytes: bytes.subarray(FRAME_HEAD_BYTES) });
      databasePages = head.databasePages;
      before = after;
    }
    const end = { salts: header.salts, frame: frame + count, sum: before };
    return { pageBytes: header.pageBytes, databasePages, pages, end };
  }

  /** Of all that is committed; undefined: nothing is. */
  images(): WalImages | undefined {
    for (;;) {
      const begin = this.begin();
      if (begin.salts === undefined) return undefined;
      const frames = new Map<number, number>();
      let found: WalImages | undefined;
      let frame = 0;
      for (const { pages, pageBytes, databasePages } of this.committed(begin, { partBytes: PART_BYTES })) {
        for (const { page } of pages) frames.set(page, ++frame);
        found = { begin, pageBytes, frames, databasePages };
      }
      // Not filled anew meanwhile, which would make it a mixture.
      if (this.holds(begin)) return found;
    }
  }

  page(frame: number, pageBytes: number): Buffer {
    return this.#read(HEADER_BYTES + (frame - 1) * (FRAME_HEAD_BYTES + pageBytes) + FRAME_HEAD_BYTES, pageBytes);
  }

  close(): void {
    closeSync(this.#file);
  }

  #read(position: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const read = readSync(this.#file, bytes, filled, length - filled, position + filled);
      if (read === 0) break;
      filled += read;
    }
    return bytes.subarray(0, filled);
  }
}

/** Of the salts of the next filling. */
function nextFirst({ first }: Salts): number {
  return (first + 1) >>> 0;
}

/** The first is 1. */
function frameStart(number: number, { pageBytes }: WalHeader): number {
  return HEADER_BYTES + (number - 1) * (FRAME_HEAD_BYTES + pageBytes);
}

/** The sum after it; undefined: it is cut off, of an older filling, or does not follow. */
function soundFrame(header: WalHeader, before: Sum, bytes: Buffer): Sum | undefined {
  if (bytes.length < FRAME_HEAD_BYTES + header.pageBytes) return undefined;
  const head = parseFrameHead(bytes);
  if (!isSameSalts(head.salts, header.salts)) return undefined;
  const after = frameSum(before, bytes, header.bigEndian);
  return isSameSum(after, head.sum) ? after : undefined;
}
