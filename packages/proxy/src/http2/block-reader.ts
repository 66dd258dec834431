import { Http2Error } from './http2-error.ts';
import { decodedBound, decodeHuffman } from './huffman.ts';

/** Reads the numbers and strings that a header block consists of (RFC 7541, 5). Throws `Http2Error` 'compression'. */
export class BlockReader {
  #bytes: Buffer = EMPTY;
  #at = 0;
  #end = 0;

  /** The bytes are read in place: they must stay as they are until `close`. */
  open(bytes: Buffer, start: number, end: number): void {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  close(): void {
    this.#bytes = EMPTY;
  }

  get isOver(): boolean {
    return this.#at >= this.#end;
  }

  /** What comes next is a new size of the table. */
  get isUpdate(): boolean {
    return ((this.#bytes[this.#at] ?? 0) & 0xe0) === 0x20;
  }

  byte(): number {
    if (this.#at >= this.#end) throw new Http2Error('compression', 'the header block ends too early');
    return this.#bytes[this.#at++] ?? 0;
  }

  /** A number that begins in the low bits of `first`, which was read: `mask` says in how many (5.1). */
  integer(first: number, mask: number): number {
    const start = first & mask;
    if (start < mask) return start;
    let value = mask;
    // No number in a block that a peer may send is larger. More octets are refused even where they add nothing.
    for (let shift = 0; shift <= MAX_SHIFT; shift += 7) {
      const byte = this.byte();
      value += (byte & 127) << shift;
      if (byte < 128) return value;
    }
    throw new Http2Error('compression', 'a number in the header block is too large');
  }

  /** As latin1: an octet is a character. */
  string(): string {
    const first = this.byte();
    const length = this.integer(first, 127);
    const start = this.#at;
    const end = start + length;
    if (end > this.#end) throw new Http2Error('compression', 'a string reaches beyond the header block');
    this.#at = end;
    if (first < 128) return this.#bytes.toString('latin1', start, end);
    const bound = decodedBound(length);
    const into = bound <= scratch.length ? scratch : Buffer.allocUnsafeSlow(bound);
    const decoded = decodeHuffman(this.#bytes, start, end, into);
    if (decoded < 0) throw new Http2Error('compression', 'a string is not in the Huffman code');
    return into.toString('latin1', 0, decoded);
  }
}

/** Four octets after the first: numbers up to 2 ** 28 and a little. */
const MAX_SHIFT = 21;
const EMPTY = Buffer.alloc(0);
/** What is longer than this is rare. */
const scratch = Buffer.allocUnsafeSlow(4 * 1024);
