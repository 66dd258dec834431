import { ProxyError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { type CommonHeads, isAt, type KnownHead, type ReadHead } from './common-heads.ts';

/** The request line holds a target and little else. */
const LINE_BYTES = LIMITS.targetBytes + 64;
const TOTAL_BYTES = LINE_BYTES + LIMITS.fieldsBytes + 4;
const END = Buffer.from('\r\n\r\n');
const CR = 0x0d;
const LF = 0x0a;

/**
 * Reads the heads of one connection: collects bytes until a head is whole, and has it parsed. In nearly every case one read brings
 * it whole, and no byte is copied; and one that came before is not parsed again, which depends on nothing but its bytes.
 * What can't become a head any more is refused as soon as it shows, not when the head is complete: a bare LF would
 * otherwise leave both sides waiting for each other. The verdict never depends on how the bytes were split into reads.
 */
export class HeadReader<Head> {
  readonly #parse: (text: string) => Head;
  readonly #common: CommonHeads<Head> | undefined;
  #held: Buffer | undefined;
  #length = 0;
  #last: { readonly text: string; readonly head: Head } | undefined;
  #known: KnownHead<Head> | undefined;

  /**
   * `parse` gets a head without the empty line that ends it; its last line has its CRLF. It says the same for the same text,
   * on every connection with these `common` heads.
   */
  constructor(parse: (text: string) => Head, common?: CommonHeads<Head>) {
    this.#parse = parse;
    this.#common = common;
  }

  /** Whether some bytes of a head have come, but not all. */
  get hasBegun(): boolean {
    return this.#length > 0;
  }

  /** Reads from `start`; returns undefined when all was taken and more is needed. */
  read(bytes: Buffer, start: number, end: number): ReadHead<Head> | undefined {
    if (this.#length > 0) return this.#continue(bytes, start, end);
    if (this.#known !== undefined && isAt(this.#known.bytes, bytes, start, end)) return this.#known;
    const stop = bytes.indexOf(END, start);
    if (stop < 0 || stop + END.length > end) {
      this.#hold(bytes, start, end);
      return undefined;
    }
    this.#known = this.#common?.find(bytes, start, stop + END.length);
    return this.#known ?? this.#whole(bytes, start, stop);
  }

  #whole(bytes: Buffer, start: number, stop: number): ReadHead<Head> {
    const before = this.#last;
    const last = this.#complete(bytes, start, stop);
    const read = { head: last.head, length: stop + END.length - start };
    if (last !== before) return read;
    const known = { ...read, bytes: unpooled(bytes.subarray(start, stop + END.length)) };
    this.#common?.add(known);
    this.#known = known;
    return known;
  }

  #continue(bytes: Buffer, start: number, end: number): ReadHead<Head> | undefined {
    const before = this.#length;
    const held = this.#append(bytes, start, end);
    const stop = held.subarray(0, this.#length).indexOf(END, Math.max(0, before - END.length + 1));
    this.#known = undefined;
    if (stop < 0) {
      refuseIfHopeless(held, this.#length, before);
      return undefined;
    }
    this.#length = 0;
    this.#held = undefined;
    return { head: this.#complete(held, 0, stop).head, length: stop + END.length - before };
  }

  #hold(bytes: Buffer, start: number, end: number): void {
    refuseIfHopeless(this.#append(bytes, start, end), this.#length, 0);
  }

  #append(bytes: Buffer, start: number, end: number): Buffer {
    // One byte more than a head may have is enough to refuse it.
    const stop = Math.min(end, start + TOTAL_BYTES + 1 - this.#length);
    const length = this.#length + stop - start;
    let held = this.#held ?? Buffer.allocUnsafe(1024);
    if (held.length < length) {
      const grown = Buffer.allocUnsafe(Math.max(length, held.length * 2));
      held.copy(grown, 0, 0, this.#length);
      held = grown;
    }
    bytes.copy(held, this.#length, start, stop);
    this.#held = held;
    this.#length = length;
    return held;
  }

  /** The same object where it is the same text as the last. */
  #complete(bytes: Buffer, start: number, stop: number): { readonly text: string; readonly head: Head } {
    refuseIfTooLarge(bytes, start, stop + 2);
    const text = bytes.toString('latin1', start, stop + 2);
    if (this.#last?.text === text) return this.#last;
    this.#last = { text, head: this.#parse(text) };
    return this.#last;
  }
}

function refuseIfHopeless(held: Buffer, length: number, before: number): void {
  refuseIfTooLarge(held, 0, length);
  for (let at = held.indexOf(LF, before); at >= 0 && at < length; at = held.indexOf(LF, at + 1)) {
    if (at === 0 || held[at - 1] !== CR) throw new ProxyError('bad-request', 'a line ends with LF alone');
  }
}

function refuseIfTooLarge(bytes: Buffer, start: number, end: number): void {
  if (end - start <= LIMITS.targetBytes) return;
  // A single empty line may come before the request line.
  const lineStart = bytes[start] === CR && bytes[start + 1] === LF ? start + 2 : start;
  const found = bytes.indexOf('\r\n', lineStart);
  const lineEnd = found < 0 || found > end ? end : found;
  if (lineEnd - lineStart > LINE_BYTES) throw new ProxyError('uri-too-long', 'the request line is too long');
  if (end - lineEnd > LIMITS.fieldsBytes + 4) throw new ProxyError('head-too-large', 'the header fields are too large');
}

/** A copy that keeps nothing else alive: the runtime cuts small buffers out of large ones. */
function unpooled(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  return copy;
}
