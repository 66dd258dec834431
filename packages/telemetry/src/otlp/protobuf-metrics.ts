import type { BinaryReader } from '@bufbuild/protobuf/wire';
import type { Attributes } from '@islet/client';
import { explicitBuckets, exponentialBuckets } from './buckets.ts';
import { kindOf, type OtlpMetric, type OtlpPoint } from './model.ts';
import { readAttribute, readFixed64, readInstant, readMessage, SKIP } from './wire.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const CUMULATIVE = 2;

/** One metric with its points. Summaries, which can't be added up, are left. */
export function readMetric(reader: BinaryReader): OtlpMetric {
  const points: OtlpPoint[] = [];
  const metric: Writable<OtlpMetric> = { name: '', unit: '', kind: 'gauge', cumulative: false, points };
  const readData = (kind: OtlpMetric['kind'], readPoint: (reader: BinaryReader) => OtlpPoint) => {
    metric.kind = kind;
    let grows = kind !== 'sum';
    readMessage(reader, (field) => {
      if (field === 1) points.push(readPoint(reader));
      else if (field === 2) metric.cumulative = reader.uint32() === CUMULATIVE;
      else if (field === 3 && kind === 'sum') grows = reader.bool();
      else return SKIP;
      return undefined;
    });
    metric.kind = kindOf(metric, grows);
  };
  readMessage(reader, (field) => {
    switch (field) {
      case 1:
        metric.name = reader.string();
        return;
      case 3:
        metric.unit = reader.string();
        return;
      case 5:
        return readData('gauge', readNumber);
      case 7:
        return readData('sum', readNumber);
      case 9:
        return readData('histogram', readHistogram);
      case 10:
        return readData('histogram', readExponential);
      default:
        return SKIP;
    }
  });
  return metric;
}

type Draft = Writable<Omit<OtlpPoint, 'buckets' | 'attributes'>> & { readonly attributes: Attributes };

function draft(): Draft {
  return { attributes: {}, startAt: 0, at: 0, value: 0, count: 0, min: undefined, max: undefined };
}

function readNumber(reader: BinaryReader): OtlpPoint {
  const point = draft();
  readMessage(reader, (field) => {
    switch (field) {
      case 4:
        point.value = reader.double();
        return;
      case 6:
        point.value = Number(reader.sfixed64());
        return;
      case 7:
        return readAttribute(reader, point.attributes);
      default:
        return readInstants(reader, field, point);
    }
  });
  return { ...point, count: 1, buckets: [] };
}

function readHistogram(reader: BinaryReader): OtlpPoint {
  const point = draft();
  const counts: number[] = [];
  const bounds: number[] = [];
  readMessage(reader, (field, wire) => {
    switch (field) {
      case 4:
        point.count = readFixed64(reader);
        return;
      case 5:
        point.value = reader.double();
        return;
      case 6:
        return readPacked(reader, wire, () => counts.push(readFixed64(reader)));
      case 7:
        return readPacked(reader, wire, () => bounds.push(reader.double()));
      case 9:
        return readAttribute(reader, point.attributes);
      case 11:
        point.min = reader.double();
        return;
      case 12:
        point.max = reader.double();
        return;
      default:
        return readInstants(reader, field, point);
    }
  });
  return { ...point, buckets: explicitBuckets(bounds, counts, point.max) };
}

function readExponential(reader: BinaryReader): OtlpPoint {
  const point = draft();
  const shape = { scale: 0, zeros: 0, offset: 0, counts: [] as number[] };
  readMessage(reader, (field) => {
    switch (field) {
      case 1:
        return readAttribute(reader, point.attributes);
      case 4:
        point.count = readFixed64(reader);
        return;
      case 5:
        point.value = reader.double();
        return;
      case 6:
        shape.scale = reader.sint32();
        return;
      case 7:
        shape.zeros = readFixed64(reader);
        return;
      case 8:
        return readPositive(reader, shape);
      case 12:
        point.min = reader.double();
        return;
      case 13:
        point.max = reader.double();
        return;
      default:
        return readInstants(reader, field, point);
    }
  });
  return { ...point, buckets: exponentialBuckets(shape) };
}

function readPositive(reader: BinaryReader, shape: { offset: number; readonly counts: number[] }): void {
  readMessage(reader, (field, wire) => {
    if (field === 1) shape.offset = reader.sint32();
    else if (field === 2) readPacked(reader, wire, () => shape.counts.push(Number(reader.uint64())));
    else return SKIP;
    return undefined;
  });
}

/** All kinds of points have them. */
function readInstants(reader: BinaryReader, field: number, point: Draft): unknown {
  if (field === 2) point.startAt = readInstant(reader);
  else if (field === 3) point.at = readInstant(reader);
  else return SKIP;
  return undefined;
}

const LENGTH_DELIMITED = 2;

/** Numbers may come one by one, or all in one field. */
function readPacked(reader: BinaryReader, wire: number, readOne: () => void): void {
  if (wire !== LENGTH_DELIMITED) {
    readOne();
    return;
  }
  const end = reader.uint32() + reader.pos;
  if (end > reader.len) throw new RangeError('a list is longer than what came');
  while (reader.pos < end) readOne();
}
