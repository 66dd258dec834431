import {
  type Attributes,
  LOG_LEVELS,
  type LOG_STREAMS,
  type SPAN_KINDS,
  type SPAN_SOURCES,
  type SPAN_STATUSES,
} from '@islet/client';
import { dictionary, floats, ids, integers, spanIds, text } from './codecs.ts';
import type { Schema } from './schema.ts';

/**
 * What is stored, as it is in memory: flat, so that a column is one field of each row. An empty string stands for what is
 * not there. Attributes and events are JSON text, made once when they come and parsed when somebody looks.
 */
export interface SpanRow {
  readonly trace: string;
  readonly span: string;
  readonly parent: string;
  readonly service: string;
  readonly revision: string;
  readonly instance: string;
  readonly name: string;
  readonly kind: (typeof SPAN_KINDS)[number];
  readonly source: (typeof SPAN_SOURCES)[number];
  /** Milliseconds since the epoch, with a fraction. */
  readonly at: number;
  readonly endAt: number;
  readonly status: (typeof SPAN_STATUSES)[number];
  readonly message: string;
  readonly attributes: string;
  readonly events: string;
}

export interface LogRow {
  readonly at: number;
  readonly service: string;
  readonly instance: string;
  readonly revision: string;
  readonly stream: (typeof LOG_STREAMS)[number];
  /** Undefined: it names none. */
  readonly level: (typeof LOG_LEVELS)[number] | undefined;
  readonly text: string;
  readonly trace: string;
  readonly span: string;
  readonly attributes: string;
}

/** One trace that was kept, for searching. */
export interface TraceRow {
  readonly trace: string;
  readonly at: number;
  readonly totalMs: number;
  /** Of its root. */
  readonly service: string;
  readonly name: string;
  readonly route: string;
  readonly revision: string;
  /** Names, each followed by a line end. */
  readonly services: string;
  readonly spans: number;
  readonly errors: number;
  readonly kept: string;
}

/** What was measured of one thing over one step. */
export interface MetricRow {
  /** The beginning of the step. */
  readonly at: number;
  readonly service: string;
  readonly name: string;
  /** JSON, keys sorted. */
  readonly labels: string;
  readonly unit: string;
  /** `sum`: what was added in this step. `gauge`: what was read in it. `histogram`: a distribution of what came in it. */
  readonly kind: 'sum' | 'gauge' | 'histogram';
  readonly sum: number;
  /** Readings of a gauge, values of a histogram. */
  readonly count: number;
  readonly min: number;
  readonly max: number;
  /** JSON of pairs of bucket and count (see policy's histogram); of a histogram alone. */
  readonly buckets: string;
}

const micro = (ms: number) => Math.round(ms * 1000);

export const spanSchema: Schema<SpanRow> = {
  columns: [
    { name: 'trace', codec: ids, of: ({ trace }) => trace },
    { name: 'span', codec: spanIds, of: ({ span }) => span },
    { name: 'parent', codec: spanIds, of: ({ parent }) => parent },
    { name: 'service', codec: dictionary, of: ({ service }) => service },
    { name: 'revision', codec: dictionary, of: ({ revision }) => revision },
    { name: 'instance', codec: dictionary, of: ({ instance }) => instance },
    { name: 'name', codec: dictionary, of: ({ name }) => name },
    { name: 'kind', codec: dictionary, of: ({ kind }) => kind },
    { name: 'source', codec: dictionary, of: ({ source }) => source },
    { name: 'at', codec: integers, of: ({ at }) => micro(at) },
    { name: 'took', codec: integers, of: ({ at, endAt }) => micro(endAt) - micro(at) },
    { name: 'status', codec: dictionary, of: ({ status }) => status },
    { name: 'message', codec: dictionary, of: ({ message }) => message },
    { name: 'attributes', codec: text, of: ({ attributes }) => attributes },
    { name: 'events', codec: text, of: ({ events }) => events },
  ],
  at: ({ at }) => at,
  atUnit: 1000,
  trace: ({ trace }) => trace,
  rank: ({ status }) => (status === 'error' ? 1 : 0),
  size: ({ attributes, events }) => 400 + attributes.length + events.length,
  build: (value) => {
    const at = value.number('at');
    return {
      trace: value.text('trace'),
      span: value.text('span'),
      parent: value.text('parent'),
      service: value.text('service'),
      revision: value.text('revision'),
      instance: value.text('instance'),
      name: value.text('name'),
      kind: value.text('kind') as SpanRow['kind'],
      source: value.text('source') as SpanRow['source'],
      at: at / 1000,
      endAt: (at + value.number('took')) / 1000,
      status: value.text('status') as SpanRow['status'],
      message: value.text('message'),
      attributes: value.text('attributes'),
      events: value.text('events'),
    };
  },
};

export const logSchema: Schema<LogRow> = {
  columns: [
    { name: 'at', codec: integers, of: ({ at }) => micro(at) },
    { name: 'instance', codec: dictionary, of: ({ instance }) => instance },
    { name: 'revision', codec: dictionary, of: ({ revision }) => revision },
    { name: 'service', codec: dictionary, of: ({ service }) => service },
    { name: 'stream', codec: dictionary, of: ({ stream }) => stream },
    { name: 'level', codec: dictionary, of: ({ level }) => level ?? '' },
    { name: 'text', codec: text, of: (row) => row.text },
    { name: 'trace', codec: ids, of: ({ trace }) => trace },
    { name: 'span', codec: ids, of: ({ span }) => span },
    { name: 'attributes', codec: text, of: ({ attributes }) => attributes },
  ],
  at: ({ at }) => at,
  atUnit: 1000,
  trace: ({ trace }) => trace,
  rank: ({ level }) => levelRank(level),
  size: (row) => 250 + row.text.length + row.attributes.length,
  build: (value) => ({
    at: value.number('at') / 1000,
    service: value.text('service'),
    instance: value.text('instance'),
    revision: value.text('revision'),
    stream: value.text('stream') as LogRow['stream'],
    level: (value.text('level') || undefined) as LogRow['level'],
    text: value.text('text'),
    trace: value.text('trace'),
    span: value.text('span'),
    attributes: value.text('attributes'),
  }),
};

/** 0: it names none. */
export function levelRank(level: string | undefined): number {
  return level === undefined ? 0 : LOG_LEVELS.indexOf(level as (typeof LOG_LEVELS)[number]) + 1;
}

export const traceSchema: Schema<TraceRow> = {
  columns: [
    { name: 'trace', codec: ids, of: ({ trace }) => trace },
    { name: 'at', codec: integers, of: ({ at }) => micro(at) },
    { name: 'took', codec: integers, of: ({ totalMs }) => micro(totalMs) },
    { name: 'service', codec: dictionary, of: ({ service }) => service },
    { name: 'name', codec: dictionary, of: ({ name }) => name },
    { name: 'route', codec: dictionary, of: ({ route }) => route },
    { name: 'revision', codec: dictionary, of: ({ revision }) => revision },
    { name: 'services', codec: dictionary, of: ({ services }) => services },
    { name: 'spans', codec: integers, of: ({ spans }) => spans },
    { name: 'errors', codec: integers, of: ({ errors }) => errors },
    { name: 'kept', codec: dictionary, of: ({ kept }) => kept },
  ],
  at: ({ at }) => at,
  atUnit: 1000,
  trace: ({ trace }) => trace,
  rank: ({ errors }) => (errors > 0 ? 1 : 0),
  size: () => 400,
  build: (value) => ({
    trace: value.text('trace'),
    at: value.number('at') / 1000,
    totalMs: value.number('took') / 1000,
    service: value.text('service'),
    name: value.text('name'),
    route: value.text('route'),
    revision: value.text('revision'),
    services: value.text('services'),
    spans: value.number('spans'),
    errors: value.number('errors'),
    kept: value.text('kept'),
  }),
};

export const metricSchema: Schema<MetricRow> = {
  columns: [
    { name: 'at', codec: integers, of: ({ at }) => at },
    { name: 'service', codec: dictionary, of: ({ service }) => service },
    { name: 'name', codec: dictionary, of: ({ name }) => name },
    { name: 'labels', codec: dictionary, of: ({ labels }) => labels },
    { name: 'unit', codec: dictionary, of: ({ unit }) => unit },
    { name: 'kind', codec: dictionary, of: ({ kind }) => kind },
    { name: 'sum', codec: floats, of: ({ sum }) => sum },
    { name: 'count', codec: integers, of: ({ count }) => count },
    { name: 'min', codec: floats, of: ({ min }) => min },
    { name: 'max', codec: floats, of: ({ max }) => max },
    { name: 'buckets', codec: text, of: ({ buckets }) => buckets },
  ],
  at: ({ at }) => at,
  atUnit: 1,
  trace: undefined,
  rank: () => 0,
  size: ({ buckets }) => 300 + buckets.length,
  build: (value) => ({
    at: value.number('at'),
    service: value.text('service'),
    name: value.text('name'),
    labels: value.text('labels'),
    unit: value.text('unit'),
    kind: value.text('kind') as MetricRow['kind'],
    sum: value.number('sum'),
    count: value.number('count'),
    min: value.number('min'),
    max: value.number('max'),
    buckets: value.text('buckets'),
  }),
};

/** Of JSON text that this store has written. */
export function attributesOf(json: string): Attributes {
  return json === '' ? {} : (JSON.parse(json) as Attributes);
}
