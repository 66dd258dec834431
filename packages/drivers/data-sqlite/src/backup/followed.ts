import { lstatSync } from 'node:fs';
import { type LogChunk, logPlace, logPosition } from '@islet/driver';
import { type Cursor, cursorText, parseCursor } from './cursor.ts';
import { Hold } from './hold.ts';
import { LIMITS } from './limits.ts';
import { encodeRecord } from './record.ts';
import { LogGap, WalFile } from './wal-file.ts';
import { WalIndex } from './wal-index.ts';

interface Place {
  readonly count: bigint;
  readonly cursor: Cursor;
}

interface Waiting {
  readonly bytes: Buffer;
  readonly seenAt: number;
  /** It was not there then. */
  readonly after: number;
  readonly end: Place;
}

/** One file whose log is read as it is written. All of it is done at once: nothing here waits. */
export class Followed {
  readonly #path: string;
  readonly #inode: number;
  readonly #hold: Hold;
  readonly #wal: WalFile;
  readonly #index: WalIndex;
  /** Read, and not yet fetched. */
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  /** What was fetched last: fetched again by somebody who could not store it. */
  #fetched: LogChunk | undefined;
  /** Something of what was fetched is. */
  #isStored = false;
  /** Where what waits begins, and where it ends. */
  #begin: Place;
  #end: Place;
  #hasNews = false;
  #lookAfter = 0;
  #turnAfter = 0;
  /** All that was committed by then was read. */
  #wholeAt = 0;

  /** Throws a `LogGap` where what comes after `from` is not there any more. */
  constructor(path: string, from: string | undefined, least: bigint) {
    this.#path = path;
    const opened: { close(): void }[] = [];
    const keep = <T extends { close(): void }>(one: T): T => {
      opened.push(one);
      return one;
    };
    try {
      this.#hold = keep(new Hold(path));
      this.#inode = lstatSync(path).ino;
      this.#wal = keep(openWal(path));
      this.#index = keep(new WalIndex(`${path}-shm`));
      this.#begin = placeOf(this.#wal, from, least);
    } catch (error) {
      for (const one of opened) one.close();
      throw error;
    }
    this.#end = this.#begin;
  }

  /** The path leads to another file by now, or to none. */
  get isGone(): boolean {
    return this.#wal.isGone || lstatSync(this.#path, { throwIfNoEntry: false })?.ino !== this.#inode;
  }

  get begin(): string {
    return textOf(this.#begin);
  }

  /** Of what was read. */
  get end(): string {
    return textOf(this.#end);
  }

  /**
   * What was fetched up to there is stored, or was not: then it is fetched again. Undefined: nothing is stored. False: it is
   * another place, or what was stored once is gone.
   */
  acknowledge(from: string | undefined): boolean {
    if (from === undefined && this.#isStored) return false;
    if (from === undefined || this.#fetched?.from === from) this.#again();
    else if (from === this.begin) this.#isStored ||= this.#fetched !== undefined;
    else return false;
    return true;
  }

  #again(): void {
    const chunk = this.#fetched;
    if (chunk === undefined) return;
    const end = this.#begin;
    this.#begin = parsePlace(chunk.from);
    this.#waiting.unshift({ bytes: Buffer.from(chunk.bytes), seenAt: 0, after: chunk.at, end });
    this.#waitingBytes += chunk.bytes.length;
    this.#fetched = undefined;
  }

  look(now: number): void {
    if (now < this.#lookAfter || this.#waitingBytes > LIMITS.waitingBytes) return;
    // While it reads, more is committed; where that took long it is worth another look, with a date of its own.
    for (let [from, isWhole] = [now, true]; isWhole; from = Math.max(from, Date.now())) {
      const began = Date.now();
      isWhole = this.#read(from);
      if (Date.now() - began < LIMITS.lookMs) break;
    }
    // A transaction that is not committed yet was read for nothing, and will be again.
    this.#lookAfter = now + Math.min(LIMITS.lookLongestMs, (Date.now() - now) * LIMITS.lookShare);
    if (this.#hasNews && this.#hold.renew(() => this.#read(Date.now()))) this.#hasNews = false;
    if (now < this.#turnAfter || this.#wal.bytes < LIMITS.turnBytes || this.#end.cursor.frame === 0) return;
    this.#turnAfter = now + LIMITS.turnMs;
    this.#hold.turnOver(() => this.#read(Date.now()));
  }

  /** Returns whether all that was there was read: not where too much waits. What comes meanwhile is the next look's. */
  #read(now: number): boolean {
    const upTo = this.#index.committed();
    for (const part of this.#wal.committed(this.#end.cursor, { partBytes: LIMITS.partBytes, upTo })) {
      const bytes = encodeRecord({ at: now, ...part });
      this.#end = { count: this.#end.count + BigInt(bytes.length), cursor: part.end };
      this.#waiting.push({ bytes, seenAt: now, after: this.#wholeAt, end: this.#end });
      this.#waitingBytes += bytes.length;
      this.#hasNews = true;
      if (this.#waitingBytes > 2 * LIMITS.waitingBytes) return false;
    }
    this.#wholeAt = now;
    return true;
  }

  /** What waits, once it has waited long enough for more to come along. */
  fetch(now: number): LogChunk | undefined {
    const [first] = this.#waiting;
    if (first === undefined) return undefined;
    if (now < first.seenAt + LIMITS.chunkMs && this.#waitingBytes < LIMITS.chunkBytes) return undefined;
    let bytes = 0;
    const until = this.#waiting.findIndex((one) => {
      bytes += one.bytes.length;
      return bytes >= LIMITS.chunkBytes;
    });
    const taken = this.#waiting.splice(0, until === -1 ? this.#waiting.length : until + 1);
    const end = taken.at(-1)?.end ?? this.#begin;
    const at = this.#waiting[0]?.after ?? this.#wholeAt;
    const chunk = { from: this.begin, to: textOf(end), at, bytes: Buffer.concat(taken.map((one) => one.bytes)) };
    this.#waitingBytes -= chunk.bytes.length;
    this.#begin = end;
    this.#fetched = chunk;
    return chunk;
  }

  /** That nothing came; undefined: that isn't sure. */
  quiet(): LogChunk | undefined {
    if (this.#waiting.length > 0) return undefined;
    return { from: this.begin, to: this.begin, at: this.#wholeAt, bytes: new Uint8Array(0) };
  }

  close(): void {
    this.#hold.close();
    this.#wal.close();
    this.#index.close();
  }
}

function openWal(path: string): WalFile {
  try {
    return new WalFile(`${path}-wal`);
  } catch (cause) {
    throw new Error('it keeps no write-ahead log, which backups need: PRAGMA journal_mode = WAL', { cause });
  }
}

function placeOf(wal: WalFile, from: string | undefined, least: bigint): Place {
  // What is there now did not follow what was read before: a count that nothing has had yet keeps them apart.
  if (from === undefined) return { count: least + 1n, cursor: wal.begin() };
  const place = parsePlace(from);
  if (!wal.holds(place.cursor)) throw new LogGap();
  return place;
}

function textOf({ count, cursor }: Place): string {
  return logPosition({ count, cursor: cursorText(cursor) });
}

function parsePlace(position: string): Place {
  const { count, cursor } = logPlace(position);
  return { count, cursor: parseCursor(cursor) };
}
