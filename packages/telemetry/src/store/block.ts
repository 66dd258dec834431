import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { bloomOf, mayHold } from './bloom.ts';
import type { Codec, Decoded } from './codecs.ts';
import { LIMITS } from './limits.ts';
import type { Schema, Signal } from './schema.ts';

/**
 * A block is some rows of one signal of one service, column by column. It says where it ends and what it holds, and every
 * part of it has a checksum: so a reader passes over blocks without decompressing them, reads only the columns that it
 * needs, and knows of each byte whether it is what was written.
 *
 *   magic, length of the header, its checksum, length of the rest     4 × 4 bytes, little-endian
 *   header                                                            JSON
 *   filter of trace ids, then the columns, each zstd
 */
export interface BlockHeader {
  readonly signal: Signal;
  readonly service: string;
  readonly rows: number;
  /** The instants of its rows. */
  readonly from: number;
  readonly to: number;
  /** The numbers of its rows in the order in which they came. */
  readonly first: number;
  readonly last: number;
  /** The largest rank. */
  readonly top: number;
  /** Of the filter: bytes, checksum. */
  readonly filter: readonly [bytes: number, crc: number];
  /** Name, bytes as stored, checksum. */
  readonly columns: readonly (readonly [name: string, bytes: number, crc: number])[];
}

export const PREFIX_BYTES = 16;
export const BLOCK_MAGIC = 0x31425349;

export interface BlockRows<R> {
  readonly signal: Signal;
  readonly service: string;
  readonly rows: readonly R[];
  readonly first: number;
  readonly last: number;
}

const LEVEL = 3;

export function encodeBlock<R>({ signal, service, rows, first, last }: BlockRows<R>, schema: Schema<R>): Buffer {
  const params = { [constants.ZSTD_c_compressionLevel]: LEVEL };
  const parts = schema.columns.map(({ codec, of }) => {
    const values = rows.map(of);
    return zstdCompressSync((codec as Codec<string | number>).encode(values), { params });
  });
  const filter = filterOf(rows, schema);
  const header: BlockHeader = {
    signal,
    service,
    rows: rows.length,
    first,
    last,
    ...rangeOf(rows, schema),
    filter: [filter.length, crc32(filter)],
    columns: parts.map((part, index) => [schema.columns[index]?.name ?? '', part.length, crc32(part)]),
  };
  return frame(header, [filter, ...parts]);
}

export function rangeOf<R>(rows: readonly R[], schema: Schema<R>): Pick<BlockHeader, 'from' | 'to' | 'top'> {
  let [from, to, top] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (const row of rows) {
    const at = schema.at(row);
    if (at < from) from = at;
    if (at > to) to = at;
    top = Math.max(top, schema.rank(row));
  }
  return { from, to, top };
}

/** Something that explains itself, and whose bytes are checked. */
export function frame(header: object, parts: readonly Buffer[]): Buffer {
  const text = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32LE(BLOCK_MAGIC, 0);
  prefix.writeUInt32LE(text.length, 4);
  prefix.writeUInt32LE(crc32(text), 8);
  prefix.writeUInt32LE(
    parts.reduce((sum, { length }) => sum + length, 0),
    12,
  );
  return Buffer.concat([prefix, text, ...parts]);
}

export interface FramePrefix {
  readonly headerBytes: number;
  readonly headerCrc: number;
  readonly bodyBytes: number;
}

/** Undefined: no block begins here. */
export function readPrefix(bytes: Buffer): FramePrefix | undefined {
  if (bytes.length < PREFIX_BYTES || bytes.readUInt32LE(0) !== BLOCK_MAGIC) return undefined;
  const headerBytes = bytes.readUInt32LE(4);
  if (headerBytes > LIMITS.headerBytes) return undefined;
  return { headerBytes, headerCrc: bytes.readUInt32LE(8), bodyBytes: bytes.readUInt32LE(12) };
}

/** Undefined: its bytes are not those that were written. */
export function readHeader(bytes: Buffer, { headerCrc }: FramePrefix): BlockHeader | undefined {
  if (crc32(bytes) !== headerCrc) return undefined;
  return JSON.parse(bytes.toString()) as BlockHeader;
}

/** A block whose columns are read and decoded when they are asked for. */
export class Block<R> {
  readonly header: BlockHeader;
  readonly filter: Buffer;
  readonly schema: Schema<R>;
  readonly #read: (from: number, bytes: number) => Buffer;
  readonly #columns = new Map<string, Decoded<string | number>>();

  /** `read` gives bytes of the body. */
  constructor(header: BlockHeader, schema: Schema<R>, read: (from: number, bytes: number) => Buffer, filter?: Buffer) {
    this.header = header;
    this.schema = schema;
    this.#read = read;
    this.filter = filter ?? soundFilter(read(0, header.filter[0]), header);
  }

  mayHold(trace: string): boolean {
    return mayHold(this.filter, trace);
  }

  /** Throws `DamagedBlock` where the bytes are not those that were written. */
  column<T extends string | number>(name: string): Decoded<T> {
    const known = this.#columns.get(name);
    if (known !== undefined) return known as Decoded<T>;
    const decoded = this.#decode(name);
    this.#columns.set(name, decoded);
    return decoded as Decoded<T>;
  }

  row(index: number): R {
    return this.schema.build({
      text: (name) => this.column<string>(name).at(index),
      number: (name) => this.column<number>(name).at(index),
    });
  }

  #decode(name: string): Decoded<string | number> {
    let [at] = this.header.filter;
    for (const [column, bytes, crc] of this.header.columns) {
      if (column === name) {
        const stored = this.#read(at, bytes);
        if (stored.length !== bytes || crc32(stored) !== crc) throw new DamagedBlock(name);
        const plain = zstdDecompressSync(stored, { maxOutputLength: LIMITS.columnBytes });
        const codec = this.schema.columns.find((one) => one.name === name)?.codec;
        if (codec === undefined) throw new DamagedBlock(name);
        return codec.decode(plain, this.header.rows);
      }
      at += bytes;
    }
    // Written before there was such a column.
    return { at: () => '' };
  }
}

/** A filter that is damaged is replaced by one that rules nothing out. */
export function soundFilter(bytes: Buffer, { filter: [length, crc] }: BlockHeader): Buffer {
  return bytes.length === length && crc32(bytes) === crc ? bytes : Buffer.from([0xff]);
}

export class DamagedBlock extends Error {
  constructor(column: string) {
    super(`the column ${column} of a block is damaged`);
    this.name = 'DamagedBlock';
  }
}

function filterOf<R>(rows: readonly R[], { trace }: Schema<R>): Buffer {
  if (trace === undefined) return Buffer.alloc(0);
  const known = new Set<string>();
  for (const row of rows) {
    const id = trace(row);
    if (id !== '') known.add(id);
  }
  return bloomOf(known);
}
