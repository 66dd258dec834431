import { type Attributes, LOG_LEVELS, type LogLevel } from '@islet/client';
import { readMark } from './mark.ts';

/** What a record of a service's output says, as far as it can be told. */
export interface ReadRecord {
  /** Undefined: it names no instant. */
  readonly at: number | undefined;
  readonly level: LogLevel | undefined;
  readonly text: string;
  readonly trace: string;
  readonly span: string;
  readonly attributes: Attributes;
}

/** JSON as pino, structlog, logback and zap write it; otherwise text, in which level and trace are looked for. */
export function readRecord(record: string): ReadRecord {
  const fields = record.startsWith('{') ? parse(record) : undefined;
  return fields === undefined ? readText(record) : readFields(fields, record);
}

type Fields = Readonly<Record<string, unknown>>;

function parse(text: string): Fields | undefined {
  if (!text.trimEnd().endsWith('}')) return undefined;
  try {
    return JSON.parse(text) as Fields;
  } catch {
    return undefined;
  }
}

/** The names that a field goes by: those of pino, structlog, logback (logstash), zap, ECS and OpenTelemetry. */
const NAMES = {
  level: ['level', 'severity', 'log.level', 'levelname', 'lvl', 'severity_text'],
  text: ['msg', 'message', 'event', 'body', 'text'],
  time: ['time', 'timestamp', '@timestamp', 'ts', 'asctime'],
  trace: ['trace_id', 'traceId', 'trace.id', 'traceID', 'otelTraceID', 'dd.trace_id'],
  span: ['span_id', 'spanId', 'span.id', 'spanID', 'otelSpanID'],
  stack: ['stack_trace', 'stacktrace', 'exc_info', 'exception', 'error.stack_trace', 'stack', 'exception.stacktrace'],
} as const;

type Role = keyof typeof NAMES;
/** What a name stands for, and how soon it is asked among those that stand for the same. */
const ROLES: ReadonlyMap<string, { readonly role: Role; readonly rank: number }> = new Map(
  (Object.keys(NAMES) as Role[]).flatMap((role) => NAMES[role].map((name, rank) => [name, { role, rank }] as const)),
);

/** They say what is known anyway. */
const KNOWN: ReadonlySet<string> = new Set(['pid', 'hostname', 'v', 'level_value', '@version']);

/** One pass over the names that are there, and not one over each that might be: it is done for every line of every service. */
function readFields(fields: Fields, whole: string): ReadRecord {
  const names = namesIn(fields);
  const get = (role: Role) => {
    const name = names[role];
    return name === undefined ? undefined : fields[name];
  };
  const ofError = stackOfError(fields);
  const named = ofError === undefined ? stackOf(get('stack')) : undefined;
  // What is no stack is an attribute like any other.
  if (named === undefined) delete names.stack;
  const stack = ofError ?? named;
  const text = names.text === undefined ? whole : told(get('text'));
  return {
    at: instantOf(get('time')),
    level: levelOf(get('level')),
    text: stack === undefined || text.includes(stack) ? text : `${text}\n${stack}`,
    trace: idOf(get('trace'), TRACE),
    span: idOf(get('span'), SPAN),
    attributes: attributesIn(fields, names),
  };
}

/** By role, the name that it has here. */
function namesIn(fields: Fields): Partial<Record<Role, string>> {
  const found: Partial<Record<Role, string>> = {};
  for (const name in fields) {
    const known = ROLES.get(name);
    if (known === undefined || fields[name] === null) continue;
    const before = found[known.role];
    if (before === undefined || known.rank < (ROLES.get(before)?.rank ?? 0)) found[known.role] = name;
  }
  return found;
}

function attributesIn(fields: Fields, names: Partial<Record<Role, string>>): Attributes {
  const attributes: Attributes = {};
  for (const name in fields) {
    const value = fields[name];
    const role = ROLES.get(name)?.role;
    if (value === null || KNOWN.has(name) || (role !== undefined && names[role] === name)) continue;
    const simple = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    // No service calls a field so, and it would be none of the object.
    if (name !== '__proto__') attributes[name] = simple ? value : JSON.stringify(value);
  }
  return attributes;
}

/** pino writes `err: { type, message, stack }`. */
function stackOfError(fields: Fields): string | undefined {
  for (const error of [fields.err, fields.error] as (Fields | string | undefined | null)[]) {
    if (typeof error === 'object' && error !== null && typeof error.stack === 'string') return error.stack;
  }
  return undefined;
}

function stackOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.includes('\n') ? value : undefined;
}

function told(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const TRACE = /^[0-9a-f]{32}$/;
const SPAN = /^[0-9a-f]{16}$/;

function idOf(value: unknown, pattern: RegExp): string {
  const text = typeof value === 'string' ? value.toLowerCase() : '';
  return pattern.test(text) && !/^0+$/.test(text) ? text : '';
}

/** pino and bunyan count in tens; everybody else names them, in any case and more or less cut. */
export function levelOf(value: unknown): LogLevel | undefined {
  if (typeof value === 'number') return LOG_LEVELS[Math.min(5, Math.max(0, Math.round(value / 10) - 1))];
  if (typeof value !== 'string') return undefined;
  return LEVEL_NAMES[value.toLowerCase()];
}

const LEVEL_NAMES: Readonly<Record<string, LogLevel>> = {
  trace: 'trace',
  finest: 'trace',
  finer: 'trace',
  verbose: 'trace',
  debug: 'debug',
  fine: 'debug',
  config: 'debug',
  info: 'info',
  information: 'info',
  notice: 'info',
  log: 'info',
  warn: 'warn',
  warning: 'warn',
  wrn: 'warn',
  error: 'error',
  err: 'error',
  severe: 'error',
  fatal: 'fatal',
  critical: 'fatal',
  crit: 'fatal',
  panic: 'fatal',
  dpanic: 'fatal',
  emerg: 'fatal',
  alert: 'fatal',
};

/** Seconds, milliseconds, or text (RFC 3339). */
function instantOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value > 1e11 ? value : value > 1e8 ? value * 1000 : undefined;
  if (typeof value !== 'string') return undefined;
  const at = Date.parse(
    value.replace(/^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)[,.]?(\d*)$/, '$1T$2.$3Z').replace('.Z', 'Z'),
  );
  return Number.isNaN(at) ? undefined : at;
}

/** Where a level is looked for: what stands later is what somebody wrote about. */
const HEAD_CHARS = 120;
const LEVEL_WORD =
  /(?:^|[^\w/.-])(TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|ERR|FATAL|CRITICAL|SEVERE|PANIC)(?=$|[^\w/.-])|\b(?:level|lvl|severity)=["']?(\w+)|[[(](trace|debug|info|notice|warn(?:ing)?|error|err|fatal|critical)[\])]|^(trace|debug|info|warn(?:ing)?|error|fatal)\s*:/;
const TRACE_IN_TEXT = /\btrace[._-]?id["']?\s*[=:]\s*["']?([0-9a-f]{32})\b/i;
const SPAN_IN_TEXT = /\bspan[._-]?id["']?\s*[=:]\s*["']?([0-9a-f]{16})\b/i;
const TRACEPARENT = /\b00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}\b/;
const TIME_IN_TEXT = /^\[?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d))\b/;
const FAILED = /^(?:panic: |fatal error: |Traceback |(?:Uncaught )?[\w.$]*(?:Error|Exception)\b|Exception in thread )/m;
const STACK = /\n\s+(?:at |File "|\S+\.go:\d+)/;

function readText(printed: string): ReadRecord {
  const { text, trace, span } = readMark(printed);
  const [, word, pair, bracketed, prefix] = LEVEL_WORD.exec(text.slice(0, HEAD_CHARS)) ?? [];
  const parent = TRACEPARENT.exec(text);
  return {
    at: instantOf(TIME_IN_TEXT.exec(text)?.[1]?.replace(' ', 'T').replace(',', '.')),
    level: levelOf(word ?? pair ?? bracketed ?? prefix) ?? failureIn(text),
    text,
    trace: idOf(trace ?? TRACE_IN_TEXT.exec(text)?.[1] ?? parent?.[1], TRACE),
    span: idOf(span ?? SPAN_IN_TEXT.exec(text)?.[1] ?? parent?.[2], SPAN),
    attributes: {},
  };
}

/** A trace of the stack is printed when something failed. */
function failureIn(text: string): LogLevel | undefined {
  if (/^(?:panic: |fatal error: )/.test(text)) return 'fatal';
  return text.includes('\n') && (STACK.test(text) || FAILED.test(text)) ? 'error' : undefined;
}
