import type { BinaryReader } from '@bufbuild/protobuf/wire';
import type { Attributes } from '@islet/client';
import { type FromResource, OtlpError, type OtlpLog, type OtlpSpan } from './model.ts';
import { readMetric } from './protobuf-metrics.ts';
import {
  plain,
  readAttribute,
  readerOf,
  readFields,
  readId,
  readInstant,
  readMessage,
  readValue,
  SKIP,
} from './wire.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type Bag = Record<string, Attributes[string]>;

/** `ExportTraceServiceRequest` and its siblings, binary. Each throws `OtlpError` for bytes that are no such message. */
export const protobuf = {
  spans: (bytes: Uint8Array) => resources(bytes, readSpan),
  logs: (bytes: Uint8Array) => resources(bytes, readLog),
  metrics: (bytes: Uint8Array) => resources(bytes, readMetric),
} as const;

/** The three requests are alike: resources, of these scopes, of these items. */
function resources<T>(bytes: Uint8Array, readItem: (reader: BinaryReader) => T): FromResource<T>[] {
  const reader = readerOf(bytes);
  const found: FromResource<T>[] = [];
  try {
    readFields(reader, bytes.length, (field) => (field === 1 ? void found.push(readResource(reader, readItem)) : SKIP));
    return found;
  } catch (cause) {
    throw new OtlpError('the body is no message of OTLP in protobuf', { cause });
  }
}

function readResource<T>(reader: BinaryReader, readItem: (reader: BinaryReader) => T): FromResource<T> {
  const resource: Bag = {};
  const items: T[] = [];
  readMessage(reader, (field) => {
    if (field === 1) return readMessage(reader, (one) => (one === 1 ? readAttribute(reader, resource) : SKIP));
    if (field !== 2) return SKIP;
    return readMessage(reader, (one) => (one === 2 ? void items.push(readItem(reader)) : SKIP));
  });
  return { resource, items };
}

function readSpan(reader: BinaryReader): OtlpSpan {
  const attributes: Bag = {};
  const events: OtlpSpan['events'][number][] = [];
  const span: Writable<OtlpSpan> = {
    trace: '',
    span: '',
    parent: '',
    name: '',
    kind: 0,
    at: 0,
    endAt: 0,
    status: 0,
    message: '',
    attributes,
    events,
  };
  readMessage(reader, (field) => {
    switch (field) {
      case 1:
        span.trace = readId(reader);
        return;
      case 2:
        span.span = readId(reader);
        return;
      case 4:
        span.parent = readId(reader);
        return;
      case 5:
        span.name = reader.string();
        return;
      case 6:
        span.kind = reader.uint32();
        return;
      case 7:
        span.at = readInstant(reader);
        return;
      case 8:
        span.endAt = readInstant(reader);
        return;
      case 9:
        return readAttribute(reader, attributes);
      case 11:
        events.push(readEvent(reader));
        return;
      case 15:
        return readStatus(reader, span);
      default:
        return SKIP;
    }
  });
  return span;
}

function readStatus(reader: BinaryReader, span: Writable<OtlpSpan>): void {
  readMessage(reader, (field) => {
    if (field === 2) span.message = reader.string();
    else if (field === 3) span.status = reader.uint32();
    else return SKIP;
    return undefined;
  });
}

function readEvent(reader: BinaryReader): OtlpSpan['events'][number] {
  const attributes: Bag = {};
  const event = { at: 0, name: '', attributes };
  readMessage(reader, (field) => {
    if (field === 1) event.at = readInstant(reader);
    else if (field === 2) event.name = reader.string();
    else if (field === 3) readAttribute(reader, attributes);
    else return SKIP;
    return undefined;
  });
  return event;
}

function readLog(reader: BinaryReader): OtlpLog {
  const attributes: Bag = {};
  const log: Writable<OtlpLog> = { at: 0, severity: 0, severityText: '', body: '', attributes, trace: '', span: '' };
  let observedAt = 0;
  readMessage(reader, (field) => {
    switch (field) {
      case 1:
        log.at = readInstant(reader);
        return;
      case 2:
        log.severity = reader.uint32();
        return;
      case 3:
        log.severityText = reader.string();
        return;
      case 5:
        log.body = String(plain(readValue(reader)) ?? '');
        return;
      case 6:
        return readAttribute(reader, attributes);
      case 9:
        log.trace = readId(reader);
        return;
      case 10:
        log.span = readId(reader);
        return;
      case 11:
        observedAt = readInstant(reader);
        return;
      default:
        return SKIP;
    }
  });
  if (log.at === 0) log.at = observedAt;
  return log;
}
