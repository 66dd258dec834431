import { ProxyError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { BodyReader, BodySink } from './body-reader.ts';
import { parseFields } from './fields.ts';
import { passedTrailers } from './trailers.ts';

const CR = 0x0d;
const LF = 0x0a;

/**
 * The chunked coding (RFC 9112, 7.1), by the letter: every line ends with CRLF, a size has at most 13 hexadecimal
 * digits, and extensions are checked and dropped, since nobody agreed on any.
 */
export class ChunkedReader implements BodyReader {
  #state: 'size' | 'data' | 'data-end' | 'trailers' | 'done' = 'size';
  /** Bytes of data left in this chunk, or of its closing CRLF. */
  #left = 0;
  #line = '';
  #trailers = '';

  get done(): boolean {
    return this.#state === 'done';
  }

  read(bytes: Buffer, start: number, end: number, sink: BodySink): number {
    let at = start;
    while (at < end && this.#state !== 'done') at = this.#step(bytes, at, end, sink);
    return at;
  }

  #step(bytes: Buffer, at: number, end: number, sink: BodySink): number {
    switch (this.#state) {
      case 'size':
        return this.#readLine(bytes, at, end, LIMITS.chunkLineBytes, (line) => this.#beginChunk(line));
      case 'data':
        return this.#readData(bytes, at, end, sink);
      case 'data-end':
        return this.#readDataEnd(bytes, at);
      case 'trailers':
        return this.#readLine(bytes, at, end, LIMITS.trailersBytes, (line) => this.#addTrailer(line, sink));
      case 'done':
        return at;
    }
  }

  #beginChunk(line: string): void {
    const size = SIZE_LINE.exec(line)?.[1];
    if (size === undefined) throw new ProxyError('bad-request', 'a chunk does not begin with a valid size');
    this.#left = Number.parseInt(size, 16);
    this.#state = this.#left === 0 ? 'trailers' : 'data';
  }

  #readData(bytes: Buffer, at: number, end: number, sink: BodySink): number {
    const stop = Math.min(end, at + this.#left);
    this.#left -= stop - at;
    sink.onBody(bytes.subarray(at, stop));
    if (this.#left === 0) {
      this.#left = 2;
      this.#state = 'data-end';
    }
    return stop;
  }

  #readDataEnd(bytes: Buffer, at: number): number {
    if (bytes[at] !== (this.#left === 2 ? CR : LF)) {
      throw new ProxyError('bad-request', 'a chunk is not as long as its size says');
    }
    this.#left--;
    if (this.#left === 0) this.#state = 'size';
    return at + 1;
  }

  #addTrailer(line: string, sink: BodySink): void {
    if (line !== '') {
      this.#trailers += `${line}\r\n`;
      if (this.#trailers.length > LIMITS.trailersBytes) throw new ProxyError('head-too-large', 'trailers too large');
      return;
    }
    this.#state = 'done';
    sink.onBodyEnd(passedTrailers(parseFields(this.#trailers)));
  }

  #readLine(bytes: Buffer, at: number, end: number, limit: number, onLine: (line: string) => void): number {
    const lf = bytes.indexOf(LF, at);
    const found = lf >= 0 && lf < end;
    const line = this.#line + bytes.toString('latin1', at, found ? lf : Math.min(end, at + limit + 2));
    if (line.length > limit + 1) throw new ProxyError('bad-request', 'a line of the chunked coding is too long');
    if (!found) {
      this.#line = line;
      return end;
    }
    if (!line.endsWith('\r')) throw new ProxyError('bad-request', 'a line of the chunked coding ends with LF alone');
    this.#line = '';
    onLine(line.slice(0, -1));
    return lf + 1;
  }
}

/** RFC 9112, 7.1.1: `;name`, `;name=token` or `;name="quoted"`, with blanks around `;` and `=`. A name can't be empty. */
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const QUOTED = String.raw`"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"`;
const EXTENSION = String.raw`[ \t]*;[ \t]*${TOKEN}(?:[ \t]*=[ \t]*(?:${TOKEN}|${QUOTED}))?`;
const SIZE_LINE = new RegExp(`^([0-9A-Fa-f]{1,13})(?:${EXTENSION})*$`);
