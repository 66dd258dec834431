import { BlockWriter } from './block-writer.ts';
import { DEFAULT_TABLE_BYTES, DynamicTable, entryBytes } from './dynamic-table.ts';
import { FieldMemo, type Written } from './field-memo.ts';
import { RecentFields } from './recent-fields.ts';
import { isSecret } from './secrets.ts';
import { STATIC_END, staticField, staticName } from './static-table.ts';

/**
 * Encodes the header blocks of one connection (RFC 7541). A place in the table is for what is said again: each change of the
 * table costs both sides work, and makes the memory of the last block useless. So a value is written out the first time,
 * and goes into the table the second, if that comes soon. A name that is new goes there at once, for the sake of the name,
 * and so do fields that say the same all day. Values that differ each time are not added after that, and secrets never.
 */
export class HpackEncoder {
  readonly #table = new DynamicTable(DEFAULT_TABLE_BYTES);
  /** Heads and trailers mostly take turns. */
  readonly #heads = new FieldMemo();
  readonly #trailers = new FieldMemo();
  readonly #recent = new RecentFields();
  /** The last that was written out. */
  #date = '';
  /** The smallest size of the table since the last block, if it was changed: the peer must be told (4.2). */
  #smallestBytes: number | undefined;

  /** What the peer's SETTINGS_HEADER_TABLE_SIZE allows. */
  setTableBytes(allowed: number): void {
    const bytes = Math.min(allowed, DEFAULT_TABLE_BYTES);
    if (bytes !== this.#table.limitBytes) this.#resize(bytes);
  }

  /**
   * One block of names, in lower case, and values in turn. What is returned is only good until the next call, of any
   * encoder. Throws `Http2Error` 'internal' where a text is not latin1; another block may follow then.
   */
  encode(raw: readonly string[]): Buffer {
    try {
      return this.#encode(raw);
    } catch (thrown) {
      // The peer will never see what of this block is in the table already: both begin anew.
      const { limitBytes } = this.#table;
      this.#resize(0);
      this.#resize(limitBytes);
      throw thrown;
    }
  }

  #encode(raw: readonly string[]): Buffer {
    writer.begin();
    // What comes before the fields is not to be repeated.
    const isPlain = this.#smallestBytes === undefined;
    this.#writeUpdates();
    const { changes } = this.#table;
    const memo = raw[0]?.charCodeAt(0) === COLON ? this.#heads : this.#trailers;
    const isKnown = memo.changes === changes;
    memo.changes = -1;
    for (let nth = 0; 2 * nth < raw.length; ) {
      const isGood = isKnown && this.#table.changes === changes;
      const copied = isGood ? memo.copyRun(raw, nth, writer) : 0;
      nth += copied;
      if (copied > 0) continue;
      const name = raw[2 * nth] ?? '';
      const value = raw[2 * nth + 1] ?? '';
      const hasName = isGood && memo.copyName(raw, nth, writer);
      const written = hasName ? this.#writeOther(name, value) : this.#writeField(name, value);
      memo.note(nth, writer.at, written);
      nth++;
    }
    if (isPlain && this.#table.changes === changes && memo.keep(raw, writer)) memo.changes = changes;
    return writer.bytes.subarray(0, writer.at);
  }

  #resize(bytes: number): void {
    this.#smallestBytes = Math.min(bytes, this.#smallestBytes ?? bytes);
    this.#table.resize(bytes);
  }

  #writeUpdates(): void {
    if (this.#smallestBytes === undefined) return;
    const { limitBytes } = this.#table;
    if (this.#smallestBytes < limitBytes) writer.integer(0x20, 0x1f, this.#smallestBytes);
    writer.integer(0x20, 0x1f, limitBytes);
    this.#smallestBytes = undefined;
  }

  #writeField(name: string, value: string): Written {
    const named = this.#numberOfName(name);
    if (isSecret(name)) {
      this.#begin(NEVER_INDEXED, named, name);
      return writeValue(value);
    }
    const whole = this.#numberOf(name, value, named);
    if (whole > 0) {
      writer.integer(0x80, 0x7f, whole);
      return REPEATS;
    }
    const fits = entryBytes(name, value) <= this.#table.limitBytes / 2;
    if (fits && (named === 0 || isSteady(name, value) || this.#isSaidAgain(name, value))) {
      this.#begin(INDEXED, named, name);
      writer.compressed(value);
      this.#table.add(name, value);
      return DIFFERS_NEXT;
    }
    this.#begin(NOT_INDEXED, named, name);
    if (name === DATE || DIFFERS.has(name)) return this.#writeOther(name, value);
    writer.plain(value);
    if (!fits) return REPEATS;
    this.#recent.add(name, value);
    return DIFFERS_NEXT;
  }

  /** A date is known by being that of the message before: those of a second come one after the other. */
  #isSaidAgain(name: string, value: string): boolean {
    if (name === DATE) return value === this.#date;
    return !DIFFERS.has(name) && this.#recent.has(name, value);
  }

  /** A value that is another than the last. */
  #writeOther(name: string, value: string): Written {
    const written = writeValue(value);
    if (name !== DATE) return written;
    this.#date = value;
    return { repeats: false, value: written.value };
  }

  /** Of a field with this name, or 0. */
  #numberOfName(name: string): number {
    const number = staticName(name);
    if (number > 0) return number;
    const at = this.#table.find(name);
    return at < 0 ? 0 : STATIC_END + at;
  }

  #numberOf(name: string, value: string, named: number): number {
    if (named === 0) return 0;
    const number = named < STATIC_END ? staticField(named, value) : 0;
    if (number > 0) return number;
    const at = this.#table.find(name, value);
    return at < 0 ? 0 : STATIC_END + at;
  }

  /** What stands before a literal's value. */
  #begin({ flags, mask }: Literal, named: number, name: string): void {
    writer.integer(flags, mask, named);
    if (named === 0) writer.compressed(name);
  }
}

/** One for all: a block is written in one call. */
const writer = new BlockWriter();

/** A value that is written out each time. */
function writeValue(value: string): Written {
  const { at } = writer;
  writer.plain(value);
  return { repeats: true, value: at };
}

const COLON = 0x3a;
const DATE = 'date';
const REPEATS: Written = { repeats: true, value: 0 };
const DIFFERS_NEXT: Written = { repeats: false, value: 0 };

/** How a literal begins (6.2). */
interface Literal {
  readonly flags: number;
  readonly mask: number;
}

const INDEXED: Literal = { flags: 0x40, mask: 0x3f };
const NOT_INDEXED: Literal = { flags: 0, mask: 0x0f };
const NEVER_INDEXED: Literal = { flags: 0x10, mask: 0x0f };

/** Whether all messages of a connection are likely to say this, or one of a few such things. */
function isSteady(name: string, value: string): boolean {
  return value.length <= LONGEST_STEADY && STEADY.has(name);
}

const STEADY: ReadonlySet<string> = new Set([
  ':authority',
  'accept',
  'accept-encoding',
  'accept-ranges',
  'access-control-allow-origin',
  'cache-control',
  'content-encoding',
  'content-type',
  'server',
  'strict-transport-security',
  'vary',
]);
/** The boundary of a form's parts is longer, and another each time. */
const LONGEST_STEADY = 48;

/** Fields that nearly always differ from one message to the next. */
const DIFFERS: ReadonlySet<string> = new Set([
  'age',
  'content-length',
  'content-range',
  'etag',
  'expires',
  'grpc-timeout',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-unmodified-since',
  'last-modified',
  'location',
  'range',
  'traceparent',
  'tracestate',
  'x-request-id',
]);
