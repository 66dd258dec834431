import type { Attributes } from '@islet/client';
import { explicitBuckets, exponentialBuckets } from './buckets.ts';
import {
  type FromResource,
  kindOf,
  OtlpError,
  type OtlpLog,
  type OtlpMetric,
  type OtlpPoint,
  type OtlpSpan,
} from './model.ts';
import { plain } from './wire.ts';

type Json = { readonly [key: string]: unknown };

/** The same messages in JSON: ids are hexadecimal, 64-bit numbers are text or numbers, enums are numbers. */
export const json = {
  spans: (bytes: Uint8Array) => resources(bytes, ['resourceSpans', 'scopeSpans', 'spans'], spanOf),
  logs: (bytes: Uint8Array) => resources(bytes, ['resourceLogs', 'scopeLogs', 'logRecords'], logOf),
  metrics: (bytes: Uint8Array) => resources(bytes, ['resourceMetrics', 'scopeMetrics', 'metrics'], metricOf),
} as const;

function resources<T>(
  bytes: Uint8Array,
  [ofResource, ofScope, ofItem]: readonly [string, string, string],
  itemOf: (item: Json) => T,
): FromResource<T>[] {
  try {
    const request = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')) as Json;
    return list(request[ofResource]).map((one) => ({
      resource: attributesOf((one.resource as Json | undefined)?.attributes),
      items: list(one[ofScope]).flatMap((scope) => list(scope[ofItem]).map(itemOf)),
    }));
  } catch (cause) {
    throw new OtlpError('the body is no message of OTLP in JSON', { cause });
  }
}

function spanOf(span: Json): OtlpSpan {
  const status = (span.status ?? {}) as Json;
  return {
    trace: idOf(span.traceId),
    span: idOf(span.spanId),
    parent: idOf(span.parentSpanId),
    name: textOf(span.name),
    kind: numberOf(span.kind),
    at: instantOf(span.startTimeUnixNano),
    endAt: instantOf(span.endTimeUnixNano),
    attributes: attributesOf(span.attributes),
    events: list(span.events).map((event) => ({
      at: instantOf(event.timeUnixNano),
      name: textOf(event.name),
      attributes: attributesOf(event.attributes),
    })),
    status: numberOf(status.code),
    message: textOf(status.message),
  };
}

function logOf(log: Json): OtlpLog {
  return {
    at: instantOf(log.timeUnixNano) || instantOf(log.observedTimeUnixNano),
    severity: numberOf(log.severityNumber),
    severityText: textOf(log.severityText),
    body: String(plain(anyOf(log.body)) ?? ''),
    attributes: attributesOf(log.attributes),
    trace: idOf(log.traceId),
    span: idOf(log.spanId),
  };
}

const KINDS = { gauge: 'gauge', sum: 'sum', histogram: 'histogram', exponentialHistogram: 'histogram' } as const;
const CUMULATIVE = 2;

function metricOf(metric: Json): OtlpMetric {
  const named = { name: textOf(metric.name), unit: textOf(metric.unit) };
  for (const [key, kind] of Object.entries(KINDS)) {
    const data = metric[key] as Json | undefined;
    if (data === undefined) continue;
    const cumulative = numberOf(data.aggregationTemporality) === CUMULATIVE;
    const told = { kind: kindOf({ kind, cumulative }, data.isMonotonic === true), cumulative };
    return { ...named, ...told, points: list(data.dataPoints).map(pointOf) };
  }
  return { ...named, kind: 'gauge', cumulative: false, points: [] };
}

function pointOf(point: Json): OtlpPoint {
  const [min, max] = ['min', 'max'].map((key) => (point[key] === undefined ? undefined : numberOf(point[key])));
  return {
    attributes: attributesOf(point.attributes),
    startAt: instantOf(point.startTimeUnixNano),
    at: instantOf(point.timeUnixNano),
    value: numberOf(point.asDouble ?? point.asInt ?? point.sum),
    count: point.count === undefined ? 1 : numberOf(point.count),
    min,
    max,
    buckets: bucketsOf(point, max),
  };
}

function bucketsOf(point: Json, max: number | undefined): OtlpPoint['buckets'] {
  const numbers = (value: unknown) => (Array.isArray(value) ? value.map(numberOf) : []);
  const positive = point.positive as Json | undefined;
  if (positive === undefined) return explicitBuckets(numbers(point.explicitBounds), numbers(point.bucketCounts), max);
  return exponentialBuckets({
    scale: numberOf(point.scale),
    zeros: numberOf(point.zeroCount),
    offset: numberOf(positive.offset),
    counts: numbers(positive.bucketCounts),
  });
}

function attributesOf(value: unknown): Attributes {
  const found: Attributes = {};
  for (const one of list(value)) {
    const told = plain(anyOf(one.value));
    if (told !== undefined) found[textOf(one.key)] = told;
  }
  return found;
}

function anyOf(value: unknown): unknown {
  const any = (value ?? {}) as Json;
  if (any.intValue !== undefined) return numberOf(any.intValue);
  if (any.arrayValue !== undefined) return list((any.arrayValue as Json).values).map(anyOf);
  if (any.kvlistValue !== undefined) return attributesOf((any.kvlistValue as Json).values);
  return any.stringValue ?? any.boolValue ?? any.doubleValue ?? any.bytesValue;
}

function list(value: unknown): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function idOf(value: unknown): string {
  return textOf(value).toLowerCase();
}

function numberOf(value: unknown): number {
  const number = Number(value ?? 0);
  return Number.isNaN(number) ? 0 : number;
}

/** Nanoseconds, as text or as a number. */
function instantOf(value: unknown): number {
  // Whole microseconds: the last three of their digits are left out, and no number is too large for the rest.
  return typeof value === 'string' && /^\d+$/.test(value)
    ? Number(value.slice(0, -3)) / 1000
    : Math.round(numberOf(value) / 1000) / 1000;
}
