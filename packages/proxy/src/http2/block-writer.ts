import { Http2Error } from './http2-error.ts';
import { encodeHuffman, huffmanLength } from './huffman.ts';

/** Writes the numbers and strings of header blocks (RFC 7541, 5), one block after the other into the same bytes. */
export class BlockWriter {
  #bytes: Buffer = Buffer.allocUnsafeSlow(4 * 1024);
  #at = 0;

  get bytes(): Buffer {
    return this.#bytes;
  }

  get at(): number {
    return this.#at;
  }

  begin(): void {
    this.#at = 0;
  }

  /** A number in the low bits of an octet, as many as `mask` has, whose high bits are `flags` (5.1). */
  integer(flags: number, mask: number, value: number): void {
    this.#reserve(LONGEST_INTEGER);
    if (value < mask) {
      this.#bytes[this.#at++] = flags | value;
      return;
    }
    this.#bytes[this.#at++] = flags | mask;
    let rest = value - mask;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#bytes[this.#at++] = 128 | (rest % 128);
    this.#bytes[this.#at++] = rest;
  }

  /** In the Huffman code, where that is shorter. It costs time, so it is for what is to be referred to later. */
  compressed(text: string): void {
    if (NOT_LATIN1.test(text)) throw notLatin1();
    const length = huffmanLength(text);
    if (length >= text.length) this.plain(text);
    else {
      this.integer(0x80, 0x7f, length);
      this.#reserve(length);
      this.#at = encodeHuffman(text, this.#bytes, this.#at);
    }
  }

  plain(text: string): void {
    const { length } = text;
    this.integer(0, 0x7f, length);
    this.#reserve(length);
    const [bytes, start] = [this.#bytes, this.#at];
    for (let nth = 0; nth < length; nth++) {
      const code = text.charCodeAt(nth);
      if (code > 0xff) throw notLatin1();
      bytes[start + nth] = code;
    }
    this.#at = start + length;
  }

  copy(from: Buffer, start: number, end: number): void {
    this.#reserve(end - start);
    const [bytes, to] = [this.#bytes, this.#at - start];
    // A call out of JavaScript costs more than a few bytes.
    if (end - start > FEW_BYTES) from.copy(bytes, this.#at, start, end);
    else for (let at = start; at < end; at++) bytes[to + at] = from[at] ?? 0;
    this.#at += end - start;
  }

  #reserve(length: number): void {
    if (this.#at + length <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(2 * (this.#at + length));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}

/** Cut to its low bits, such a character could be a line break. */
function notLatin1(): Http2Error {
  return new Http2Error('internal', 'a header field has a character that is not latin1');
}

const NOT_LATIN1 = /[^\x00-\xff]/;
const FEW_BYTES = 32;
/** One octet, and five of seven bits each. */
const LONGEST_INTEGER = 6;
