import { z } from 'zod';
import { ExplainedRequest } from './explanation.ts';
import { route } from './route.ts';
import { Alert, ErrorGroup, Slo } from './telemetry/alerting.ts';
import {
  Annotation,
  EdgeActivity,
  Gap,
  LOG_LEVELS,
  LogRecord,
  Looked,
  Series,
  ServiceActivity,
  Span,
  TelemetryStatus,
  TraceSummary,
} from './telemetry/records.ts';

const number = () => z.coerce.number<number | string>();
/** Milliseconds since the epoch; without `from` the last hour, without `to` now. */
const stretch = { from: number().optional(), to: number().optional() };
/** The newest come first; the next page is `before` the instant of the last one. */
const page = {
  limit: z.coerce.number<number | string>().int().min(1).max(5000).optional(),
  before: number().optional(),
};

const logFilter = {
  service: z.string().optional(),
  instance: z.string().optional(),
  /** This level and above. */
  level: z.enum(LOG_LEVELS).optional(),
  /** Text that a record holds, upper and lower case alike; `/…/` is a regular expression. */
  grep: z.string().optional(),
  trace: z.string().optional(),
};

/** What `live` tells again when it has changed. */
export const LiveUpdate = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('overview'), at: z.number(), services: z.array(ServiceActivity) }),
    z.object({ kind: z.literal('edges'), at: z.number(), edges: z.array(EdgeActivity) }),
    z.object({ kind: z.literal('annotations'), at: z.number(), annotations: z.array(Annotation) }),
    z.object({ kind: z.literal('alerts'), at: z.number(), alerts: z.array(Alert) }),
  ])
  .meta({ id: 'LiveUpdate' });

export type LiveUpdate = z.infer<typeof LiveUpdate>;

/** The part of the contract that the telemetry process answers, through the control plane. */
export const telemetryRoutes = {
  traces: route('traces', {
    summary: 'Traces, newest first: errors, slow ones and what was decided are kept, and samples of the rest',
    query: z.object({
      service: z.string().optional(),
      route: z.string().optional(),
      minMs: number().optional(),
      maxMs: number().optional(),
      status: z.enum(['ok', 'error']).optional(),
      /** `key=value`, of any of its spans. */
      attribute: z.string().optional(),
      revision: z.string().optional(),
      ...stretch,
      ...page,
    }),
    response: z.object({ traces: z.array(TraceSummary), gaps: z.array(Gap), looked: Looked }),
  }),
  trace: route('trace', {
    summary: "All of one trace: its spans, its logs, and the proxy's records with what was decided",
    params: z.object({ trace: z.string() }),
    response: z.object({
      trace: z.string(),
      spans: z.array(Span),
      logs: z.array(LogRecord),
      requests: z.array(ExplainedRequest),
    }),
  }),
  logRecords: route('logRecords', {
    summary: 'Logs from the store, newest first, secrets redacted',
    query: z.object({ ...logFilter, ...stretch, ...page }),
    response: z.object({ logs: z.array(LogRecord), gaps: z.array(Gap), looked: Looked }),
  }),
  tailLogRecords: route('tailLogRecords', {
    summary: 'Logs as they come, in the order of arrival, secrets redacted',
    query: z.object(logFilter),
    response: LogRecord,
  }),
  metrics: route('metrics', {
    summary:
      'A metric over time: requests, errors, latency.p50, latency.p95, latency.p99, in-flight, cpu, memory, instances, machine.*, store.*, or one that a service has sent',
    query: z.object({
      name: z.string(),
      service: z.string().optional(),
      /** A series for each: caller, route, revision, instance, class; several with commas. */
      by: z.string().optional(),
      ...stretch,
      /** At most so many steps. */
      points: z.coerce.number<number | string>().int().min(1).max(2000).optional(),
    }),
    response: z.object({ series: z.array(Series), gaps: z.array(Gap) }),
  }),
  metricNames: route('metricNames', {
    summary: 'The metrics that there are, of one service or of all',
    query: z.object({ service: z.string().optional(), ...stretch }),
    response: z.array(z.object({ name: z.string(), unit: z.string(), services: z.array(z.string()) })),
  }),
  edges: route('edges', {
    summary: 'Who calls whom, and how that goes, at any moment that is still kept',
    query: z.object({ at: number().optional(), windowMs: number().optional() }),
    response: z.object({ at: z.number(), edges: z.array(EdgeActivity) }),
  }),
  overview: route('overview', {
    summary: 'Every service in one line: requests, errors, latency, what it uses',
    query: z.object({ windowMs: number().optional() }),
    response: z.array(ServiceActivity),
  }),
  annotations: route('annotations', {
    summary: 'What was done and decided, for the axis of a chart, oldest first',
    query: z.object({ service: z.string().optional(), ...stretch }),
    response: z.array(Annotation),
  }),
  telemetryStatus: route('telemetryStatus', {
    summary: 'What the telemetry store holds, takes in and has lost',
    response: TelemetryStatus,
  }),
  live: route('live', {
    summary: 'What changed, about once a second: `kinds` are overview, edges, annotations and alerts, with commas',
    query: z.object({ kinds: z.string().optional(), windowMs: number().optional() }),
    response: LiveUpdate,
  }),
  errorGroups: route('errorGroups', {
    summary: 'Errors, grouped by where they come from, the newest first',
    query: z.object({ service: z.string().optional(), state: z.string().optional(), ...stretch }),
    response: z.array(ErrorGroup),
  }),
  errorGroup: route('errorGroup', {
    summary: 'One group of errors, with a sample',
    params: z.object({ group: z.string() }),
    response: ErrorGroup,
  }),
  markErrorGroup: route('markErrorGroup', {
    summary: 'Resolve, ignore or open a group; a resolved one that comes back in a newer revision has regressed',
    params: z.object({ group: z.string() }),
    body: z.object({ state: z.enum(['resolved', 'ignored', 'open']) }),
    response: ErrorGroup,
  }),
  slos: route('slos', {
    summary: "Every service's objectives, and how much of its budget is left",
    response: z.array(Slo),
  }),
  alerts: route('alerts', {
    summary: 'Alerts that fire or fired, the newest first',
    response: z.array(Alert),
  }),
  markAlert: route('markAlert', {
    summary: 'Acknowledge an alert, or silence it until an instant',
    params: z.object({ id: z.string() }),
    body: z.object({ acknowledge: z.boolean().optional(), silenceUntil: z.number().optional() }),
    response: Alert,
  }),
} as const;

export type TelemetryRouteName = keyof typeof telemetryRoutes;
