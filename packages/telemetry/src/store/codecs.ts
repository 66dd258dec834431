import { ByteReader, ByteWriter } from './bytes.ts';

/**
 * How the values of one column become bytes. All of them are compressed afterwards, so a codec only brings what is alike
 * together: names into a dictionary, instants into differences, ids out of their hexadecimal form.
 *
 * An empty string stands for no value, and so does NaN.
 */
export interface Codec<T extends string | number> {
  encode(values: readonly T[]): Buffer;
  decode(bytes: Buffer, count: number): Decoded<T>;
}

/** A column whose values are made when they are asked for. */
export interface Decoded<T extends string | number> {
  at(index: number): T;
}

/** Text, mostly different in each row. */
export interface DecodedText extends Decoded<string> {
  /** All of it, one after the other. */
  readonly bytes: Buffer;
  /** Where each begins; one more than there are values. */
  readonly starts: Uint32Array;
}

export const text: Codec<string> & { decode(bytes: Buffer, count: number): DecodedText } = {
  encode: (values) => {
    const bytes = Buffer.from(values.join(''));
    const lengths = new ByteWriter(values.length * 2 + 16);
    for (const value of values) lengths.varint(value.length);
    const chars = values.reduce((sum, { length }) => sum + length, 0);
    if (chars === bytes.length) return concat(lengths.done(), bytes);
    const exact = new ByteWriter(values.length * 2 + 16);
    for (const value of values) exact.varint(Buffer.byteLength(value));
    return concat(exact.done(), bytes);
  },
  decode: (encoded, count) => {
    const reader = new ByteReader(encoded);
    const starts = new Uint32Array(count + 1);
    for (let index = 0, at = 0; index < count; index++) {
      at += reader.varint();
      starts[index + 1] = at;
    }
    const bytes = reader.rest();
    if (starts[count] !== bytes.length) throw new RangeError('a column of text has another length than it says');
    return { bytes, starts, at: (index) => bytes.toString('utf8', starts[index], starts[index + 1]) };
  },
};

/** Names: few different ones. */
export const dictionary: Codec<string> = {
  encode: (values) => {
    const { names, indexes } = indexed(values);
    const written = text.encode(names);
    const head = new ByteWriter(32);
    head.varint(names.length);
    head.varint(written.length);
    return Buffer.concat([head.done(), written, indexes]);
  },
  decode: (encoded, count) => {
    const reader = new ByteReader(encoded);
    const size = reader.varint();
    const decoded = text.decode(reader.bytes(reader.varint()), size);
    const names = Array.from({ length: size }, (_, index) => decoded.at(index));
    const indexes = readIndexes(reader, count);
    return { at: (index) => names[indexes[index] ?? 0] ?? '' };
  },
};

/** Ids in hexadecimal, all of one length, of which several rows have the same. */
export const ids: Codec<string> = {
  encode: (values) => {
    const { names, indexes } = indexed(['', ...values]);
    const width = (names[1]?.length ?? 0) / 2;
    const head = new ByteWriter(32);
    head.varint(names.length - 1);
    head.varint(width);
    return Buffer.concat([head.done(), Buffer.from(names.join(''), 'hex'), indexes.subarray(1)]);
  },
  decode: (encoded, count) => {
    const reader = new ByteReader(encoded);
    const size = reader.varint();
    const width = reader.varint();
    const bytes = reader.bytes(size * width);
    const indexes = readIndexes(reader, count);
    return {
      at: (index) => {
        const name = indexes[index] ?? 0;
        return name === 0 ? '' : bytes.toString('hex', (name - 1) * width, name * width);
      },
    };
  },
};

/** Ids of 8 bytes in hexadecimal, different in each row. */
export const spanIds: Codec<string> = {
  encode: (values) => Buffer.from(values.map((value) => (value === '' ? NO_SPAN : value)).join(''), 'hex'),
  decode: (bytes, count) => {
    if (bytes.length !== count * 8) throw new RangeError('a column of ids has another length than it says');
    return {
      at: (index) => {
        const id = bytes.toString('hex', index * 8, index * 8 + 8);
        return id === NO_SPAN ? '' : id;
      },
    };
  },
};

const NO_SPAN = '0000000000000000';

/** Whole numbers, near to those before them. */
export const integers: Codec<number> = {
  encode: (values) => {
    const writer = new ByteWriter(values.length * 3 + 16);
    let before = 0;
    for (const value of values) {
      writer.zigzag(value - before);
      before = value;
    }
    return writer.done();
  },
  decode: (bytes, count) => {
    const reader = new ByteReader(bytes);
    const values = new Float64Array(count);
    let before = 0;
    for (let index = 0; index < count; index++) {
      before += reader.zigzag();
      values[index] = before;
    }
    return { at: (index) => values[index] ?? 0 };
  },
};

export const floats: Codec<number> = {
  encode: (values) => Buffer.from(Float64Array.from(values).buffer),
  decode: (bytes, count) => {
    if (bytes.length !== count * 8) throw new RangeError('a column of numbers has another length than it says');
    return { at: (index) => bytes.readDoubleLE(index * 8) };
  },
};

function indexed(values: readonly string[]): { readonly names: string[]; readonly indexes: Buffer } {
  const known = new Map<string, number>();
  const writer = new ByteWriter(values.length + 16);
  let [last, index]: [string | undefined, number] = [undefined, 0];
  for (const value of values) {
    // Most are as the one before.
    if (value !== last) {
      last = value;
      const found = known.get(value);
      index = found ?? known.size;
      if (found === undefined) known.set(value, index);
    }
    writer.varint(index);
  }
  return { names: [...known.keys()], indexes: writer.done() };
}

function readIndexes(reader: ByteReader, count: number): Uint32Array {
  const indexes = new Uint32Array(count);
  for (let index = 0; index < count; index++) indexes[index] = reader.varint();
  return indexes;
}

function concat(one: Buffer, other: Buffer): Buffer {
  return Buffer.concat([one, other]);
}
