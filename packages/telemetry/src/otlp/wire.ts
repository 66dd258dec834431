import { BinaryReader, type WireType } from '@bufbuild/protobuf/wire';
import type { Attributes } from '@islet/client';

/**
 * Protobuf, read field by field into what we keep. Generated classes make an object of each message and of each attribute
 * value, of which we would throw away nearly all: they take three times as long. The wire format is the library's; the
 * numbers of the fields are those of opentelemetry-proto 1.x, which are stable, and a test compares with a stock exporter.
 */
export type OnField = (number: number, wire: WireType) => unknown;

/** The field is not wanted. */
export const SKIP = Symbol('skip');

export function readerOf(bytes: Uint8Array): BinaryReader {
  return new BinaryReader(bytes, utf8);
}

/** Reads a message up to the end of its length, a field at a time. */
export function readFields(reader: BinaryReader, length: number, onField: OnField): void {
  const end = reader.pos + length;
  if (end > reader.len) throw new RangeError('a message is longer than what came');
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (onField(tag >>> 3, tag & 7) === SKIP) reader.skip(tag & 7, tag >>> 3);
  }
}

/** A message inside of another. */
export function readMessage(reader: BinaryReader, onField: OnField): void {
  readFields(reader, reader.uint32(), onField);
}

export function readId(reader: BinaryReader): string {
  const bytes = reader.bytes();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}

/** Nanoseconds since the epoch, as milliseconds: exact to the microsecond. */
export function readInstant(reader: BinaryReader): number {
  const low = reader.fixed32();
  const high = reader.fixed32();
  return Math.round((high * 4_294_967_296 + low) / 1000) / 1000;
}

/** Up to 2^53. */
export function readFixed64(reader: BinaryReader): number {
  const low = reader.fixed32();
  return reader.fixed32() * 4_294_967_296 + low;
}

/** Written out, because a span has ten of them. */
export function readAttribute(reader: BinaryReader, into: Record<string, Attributes[string]>): void {
  const end = reader.uint32() + reader.pos;
  let key = '';
  let value: Attributes[string] | undefined;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === KEY) key = reader.string();
    else if (tag === VALUE) value = plain(readValue(reader));
    else reader.skip(tag & 7, tag >>> 3);
  }
  if (key !== '' && value !== undefined) into[key] = value;
}

/** Field 1 and field 2, of a length that is told. */
const KEY = (1 << 3) | 2;
const VALUE = (2 << 3) | 2;

/** What may stand in an attribute: text, numbers, truth, lists and maps of them. */
export function readValue(reader: BinaryReader): unknown {
  const end = reader.uint32() + reader.pos;
  let value: unknown;
  while (reader.pos < end) {
    const tag = reader.uint32();
    switch (tag >>> 3) {
      case 1:
        value = reader.string();
        break;
      case 2:
        value = reader.bool();
        break;
      case 3:
        value = Number(reader.int64());
        break;
      case 4:
        value = reader.double();
        break;
      case 5:
        value = readList(reader);
        break;
      case 6:
        value = readMap(reader);
        break;
      case 7:
        value = Buffer.from(reader.bytes()).toString('base64');
        break;
      default:
        reader.skip(tag & 7, tag >>> 3);
    }
  }
  return value;
}

function readList(reader: BinaryReader): unknown[] {
  const items: unknown[] = [];
  readMessage(reader, (field) => (field === 1 ? void items.push(readValue(reader)) : SKIP));
  return items;
}

function readMap(reader: BinaryReader): Record<string, Attributes[string]> {
  const map: Record<string, Attributes[string]> = {};
  readMessage(reader, (field) => (field === 1 ? readAttribute(reader, map) : SKIP));
  return map;
}

/** Lists and maps are told as JSON. */
export function plain(value: unknown): Attributes[string] | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    default:
      return value === undefined || value === null ? undefined : JSON.stringify(value);
  }
}

function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}
