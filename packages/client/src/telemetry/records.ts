import { z } from 'zod';

/**
 * What telemetry is made of, as it is told: OpenTelemetry's meanings, with `at` in milliseconds since the epoch (they may
 * have a fraction), ids in lower-case hexadecimal, and services, instances and revisions as Islet names them.
 */

const Value = z.union([z.string(), z.number(), z.boolean()]);

/** Lists and maps of OTLP are told as JSON text. */
export const Attributes = z.record(z.string(), Value).meta({ id: 'Attributes' });

export const SPAN_KINDS = ['internal', 'server', 'client', 'producer', 'consumer'] as const;
export const SPAN_STATUSES = ['unset', 'ok', 'error'] as const;
/** `proxy`: made of the proxy's access log. `otlp`: the service has sent it. */
export const SPAN_SOURCES = ['proxy', 'otlp'] as const;

export const Span = z
  .object({
    trace: z.string(),
    span: z.string(),
    parent: z.string().optional(),
    /** `gateway` where a request came to no service. */
    service: z.string(),
    revision: z.string().optional(),
    instance: z.string().optional(),
    name: z.string(),
    kind: z.enum(SPAN_KINDS),
    source: z.enum(SPAN_SOURCES),
    at: z.number(),
    endAt: z.number(),
    status: z.enum(SPAN_STATUSES),
    message: z.string().optional(),
    attributes: Attributes,
    events: z.array(z.object({ at: z.number(), name: z.string(), attributes: Attributes })),
  })
  .meta({ id: 'Span' });

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export const LOG_STREAMS = ['output', 'otlp'] as const;

export const LogRecord = z
  .object({
    /** Unique, and in the order of arrival within one millisecond. */
    id: z.string(),
    at: z.number(),
    service: z.string(),
    instance: z.string(),
    revision: z.string().optional(),
    /** `output`: what the instance wrote to stdout or stderr, which are one file. */
    stream: z.enum(LOG_STREAMS),
    /** Absent: it names none. */
    level: z.enum(LOG_LEVELS).optional(),
    /** A stack trace is one record, its lines joined by `\n`. */
    text: z.string(),
    trace: z.string().optional(),
    span: z.string().optional(),
    attributes: Attributes.optional(),
  })
  .meta({ id: 'LogRecord' });

/** Nothing is known of this stretch, and why. */
export const Gap = z.object({ from: z.number(), to: z.number(), why: z.string() }).meta({ id: 'Gap' });

/** Why a trace was kept: `asked` by a person, or one of those that stand for the others. */
const TRACE_KEPT = ['error', 'slow', 'decision', 'asked', 'sample'] as const;

export const TraceSummary = z
  .object({
    trace: z.string(),
    at: z.number(),
    totalMs: z.number(),
    root: z.object({ service: z.string(), name: z.string(), route: z.string().optional() }),
    services: z.array(z.string()),
    spans: z.int(),
    errors: z.int(),
    kept: z.enum(TRACE_KEPT),
  })
  .meta({ id: 'TraceSummary' });

/** What a search had to read. `complete: false`: it came to its limit first, and a shorter stretch is what helps. */
export const Looked = z.object({ segments: z.int(), records: z.int(), complete: z.boolean() }).meta({ id: 'Looked' });

/** One line of a chart: a value for each step, null where there was none. */
export const Series = z
  .object({
    labels: z.record(z.string(), z.string()),
    unit: z.string(),
    stepMs: z.number(),
    points: z.array(z.tuple([z.number(), z.number().nullable()])),
  })
  .meta({ id: 'Series' });

/** Who calls whom, and how that goes, over a window that ends at one moment. */
export const EdgeActivity = z
  .object({
    /** A service, `gateway` or `operator`. */
    caller: z.string(),
    callee: z.string(),
    /** Requests in each second. */
    rate: z.number(),
    /** 0 to 1, of the requests. */
    errorRate: z.number(),
    p50: z.number().optional(),
    p95: z.number().optional(),
    inFlight: z.number(),
    breaker: z.enum(['closed', 'half-open', 'open']).optional(),
    /** Instances of the callee that get no requests for now. */
    ejected: z.array(z.string()),
  })
  .meta({ id: 'EdgeActivity' });

export const ServiceActivity = z
  .object({
    service: z.string(),
    rate: z.number(),
    errorRate: z.number(),
    /** Milliseconds; absent: no request ended. */
    p95: z.number().optional(),
    /** Cores, of all instances. */
    cpu: z.number().optional(),
    /** Bytes, of all instances. */
    memory: z.number().optional(),
    /** Its stores together; absent: it has none, or they do not answer. */
    store: z
      .object({
        connections: z.number().optional(),
        /** Transactions in each second, of Redis commands. */
        rate: z.number().optional(),
        /** Bytes of data. */
        size: z.number().optional(),
      })
      .optional(),
    /** Requests in each second, evenly over the window, the newest last. */
    spark: z.array(z.number()),
  })
  .meta({ id: 'ServiceActivity' });

/** Something that was done or decided, for the axis of a chart. */
export const Annotation = z
  .object({
    at: z.number(),
    service: z.string().optional(),
    /** The kind of the decision: `promoted`, `ended`, `scaled`, … */
    kind: z.string(),
    text: z.string(),
    revision: z.string().optional(),
  })
  .meta({ id: 'Annotation' });

/** One signal on its way to one backend. Counts are since the telemetry process started. */
export const ForwardStatus = z
  .object({
    url: z.string(),
    signal: z.enum(['traces', 'logs', 'metrics']),
    sent: z.int(),
    waiting: z.int(),
    /** They waited in vain. */
    dropped: z.int(),
    /** The backend refused them. */
    rejected: z.int(),
    /** Why the last message did not arrive, or not whole; absent: it did. */
    problem: z.string().optional(),
    /** Since when none does; absent: the last one did. */
    since: z.number().optional(),
  })
  .meta({ id: 'ForwardStatus' });

export const TelemetryStatus = z
  .object({
    pid: z.int(),
    startedAt: z.number(),
    /** On disk, of all services. */
    bytes: z.number(),
    /** The oldest record; absent: there is none. */
    oldest: z.number().optional(),
    services: z.array(
      z.object({ service: z.string(), bytes: z.number(), maxBytes: z.number(), oldest: z.number().optional() }),
    ),
    /** Records in each second, over the last minute. */
    rates: z.object({ spans: z.number(), logs: z.number(), points: z.number() }),
    /** Since the process started: records that were not taken, by reason. */
    dropped: z.record(z.string(), z.number()),
    gaps: z.array(Gap),
    /** Where stock OpenTelemetry agents send to. */
    otlp: z.object({ http: z.string(), grpc: z.string() }).optional(),
    /** What goes to other backends; absent: told by an older Islet. */
    forward: z.array(ForwardStatus).optional(),
    /** What is wrong now, each a sentence. */
    problems: z.array(z.string()),
  })
  .meta({ id: 'TelemetryStatus' });

export type Attributes = z.infer<typeof Attributes>;
export type Span = z.infer<typeof Span>;
export type LogRecord = z.infer<typeof LogRecord>;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type Gap = z.infer<typeof Gap>;
export type TraceSummary = z.infer<typeof TraceSummary>;
export type TraceKept = (typeof TRACE_KEPT)[number];
export type Looked = z.infer<typeof Looked>;
export type Series = z.infer<typeof Series>;
export type EdgeActivity = z.infer<typeof EdgeActivity>;
export type ServiceActivity = z.infer<typeof ServiceActivity>;
export type Annotation = z.infer<typeof Annotation>;
export type ForwardStatus = z.infer<typeof ForwardStatus>;
export type TelemetryStatus = z.infer<typeof TelemetryStatus>;
