import type { LogRow } from '../store/rows.ts';
import { begin, join, type OpenRecord } from './join-lines.ts';
import { readRecord } from './read-record.ts';
import { type FilePlace, TailedFile } from './tailed-file.ts';

/** Whose output it is. */
export interface OutputOf {
  readonly service: string;
  readonly instance: string;
  readonly revision: string;
}

/** A line that is longer is cut. */
const LINE_CHARS = 64 * 1024;
const LINE_FEED = 0x0a;
const HOUR_MS = 60 * 60 * 1000;

export interface Read {
  readonly rows: readonly LogRow[];
  readonly isAfterLoss: boolean;
  /** There may be more at once. */
  readonly more: boolean;
}

/**
 * The output of one process, as records. How far it was read is told together with the records, and is the beginning of
 * what is not a record yet: whoever goes on from there reads each record once.
 */
export class Output {
  readonly of: OutputOf;
  readonly #file: TailedFile;
  /** Of a line that has not ended. */
  #rest: Buffer = Buffer.alloc(0);
  #open: OpenRecord | undefined;
  #done: FilePlace;

  constructor(of: OutputOf, path: string, place: FilePlace | undefined) {
    this.of = of;
    this.#done = place ?? TailedFile.beginning(path);
    this.#file = new TailedFile(path, this.#done);
  }

  /** Up to here all is in records that were told. */
  get place(): FilePlace {
    return this.#done;
  }

  read(now: number): Read {
    const chunk = this.#file.read();
    if (chunk === undefined) return { rows: this.#flush(now), isAfterLoss: false, more: false };
    const rows: LogRow[] = [];
    const bytes = this.#rest.length === 0 ? chunk.bytes : Buffer.concat([this.#rest, chunk.bytes]);
    // A line that is far too long is cut, or it would never end.
    const end = bytes.lastIndexOf(LINE_FEED) + 1 || (bytes.length > LINE_CHARS ? bytes.length : 0);
    const lines = bytes.toString('utf8', 0, end).split('\n');
    if (lines.at(-1) === '') lines.pop();
    for (const line of lines) this.#line(line.endsWith('\r') ? line.slice(0, -1) : line, rows, now);
    this.#rest = bytes.subarray(end);
    const pending = this.#rest.length + (this.#open === undefined ? 0 : bytesOf(this.#open));
    // What is pending began in the file before this one: it is told once more after a kill, and not lost.
    this.#done = { at: Math.max(0, chunk.place.at - pending), older: chunk.place.older };
    return { rows, isAfterLoss: chunk.isAfterLoss, more: true };
  }

  /** Nothing came for a while, so what is open is whole. */
  #flush(now: number): readonly LogRow[] {
    if (this.#open === undefined) return [];
    const rows = [this.#row(this.#open, now)];
    this.#open = undefined;
    const { at, older } = this.#file.place;
    this.#done = { at: Math.max(0, at - this.#rest.length), older };
    return rows;
  }

  #line(line: string, rows: LogRow[], now: number): void {
    const joined = join(this.#open, line.slice(0, LINE_CHARS));
    if (joined !== undefined) {
      this.#open = joined;
      return;
    }
    if (this.#open !== undefined) rows.push(this.#row(this.#open, now));
    this.#open = line === '' ? undefined : begin(line.slice(0, LINE_CHARS));
  }

  #row({ lines }: OpenRecord, now: number): LogRow {
    const record = readRecord(lines.length === 1 ? (lines[0] ?? '') : lines.join('\n').trimEnd());
    return {
      ...this.of,
      stream: 'output',
      at: isNear(record.at, now) ? record.at : now,
      level: record.level,
      text: record.text,
      trace: record.trace,
      span: record.span,
      attributes: Object.keys(record.attributes).length === 0 ? '' : JSON.stringify(record.attributes),
    };
  }
}

function bytesOf({ lines }: OpenRecord): number {
  return lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
}

/** Output may be read a week late; an instant that is stranger than that is something else, or a clock that is wrong. */
function isNear(at: number | undefined, now: number): at is number {
  return at !== undefined && at > now - 7 * 24 * HOUR_MS && at < now + HOUR_MS;
}
