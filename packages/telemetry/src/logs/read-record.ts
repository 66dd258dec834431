import { type Attributes, LOG_LEVELS, type LogLevel } from '@islet/client';

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

/** They say what is known anyway. */
const KNOWN: ReadonlySet<string> = new Set(['pid', 'hostname', 'v', 'level_value', '@version']);

function readFields(fields: Fields, whole: string): ReadRecord {
  const used = new Set<string>();
  const find = (names: readonly string[]) => {
    const name = names.find((one) => fields[one] !== undefined && fields[one] !== null);
    if (name !== undefined) used.add(name);
    return name === undefined ? undefined : fields[name];
  };
  const stack = stackIn(fields, find);
  const said = find(NAMES.text);
  const text = said === undefined ? whole : told(said);
  const trace = idOf(find(NAMES.trace), TRACE);
  const rest = Object.entries(fields).filter(([name]) => !used.has(name) && !KNOWN.has(name));
  return {
    at: instantOf(find(NAMES.time)),
    level: levelOf(find(NAMES.level)),
    text: stack === undefined || text.includes(stack) ? text : `${text}\n${stack}`,
    trace,
    span: idOf(find(NAMES.span), SPAN),
    attributes: Object.fromEntries(rest.flatMap(([name, value]) => attribute(name, value, used))),
  };
}

/** pino writes `err: { type, message, stack }`. */
function stackIn(fields: Fields, find: (names: readonly string[]) => unknown): string | undefined {
  for (const name of ['err', 'error']) {
    const error = fields[name] as Fields | string | undefined | null;
    if (typeof error === 'object' && error !== null && typeof error.stack === 'string') return error.stack;
  }
  const found = find(NAMES.stack);
  return typeof found === 'string' && found.includes('\n') ? found : undefined;
}

function attribute(name: string, value: unknown, used: ReadonlySet<string>): [string, Attributes[string]][] {
  if (used.has(name) || value === null || value === undefined) return [];
  const simple = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return [[name, simple ? value : JSON.stringify(value)]];
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
  ...{ trace: 'trace', finest: 'trace', finer: 'trace', verbose: 'trace' },
  ...{ debug: 'debug', fine: 'debug', config: 'debug' },
  ...{ info: 'info', information: 'info', notice: 'info', log: 'info' },
  ...{ warn: 'warn', warning: 'warn', wrn: 'warn' },
  ...{ error: 'error', err: 'error', severe: 'error' },
  ...{
    fatal: 'fatal',
    critical: 'fatal',
    crit: 'fatal',
    panic: 'fatal',
    dpanic: 'fatal',
    emerg: 'fatal',
    alert: 'fatal',
  },
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

function readText(text: string): ReadRecord {
  const [, word, pair, bracketed, prefix] = LEVEL_WORD.exec(text.slice(0, HEAD_CHARS)) ?? [];
  const parent = TRACEPARENT.exec(text);
  return {
    at: instantOf(TIME_IN_TEXT.exec(text)?.[1]?.replace(' ', 'T').replace(',', '.')),
    level: levelOf(word ?? pair ?? bracketed ?? prefix) ?? failureIn(text),
    text,
    trace: idOf(TRACE_IN_TEXT.exec(text)?.[1] ?? parent?.[1], TRACE),
    span: idOf(SPAN_IN_TEXT.exec(text)?.[1] ?? parent?.[2], SPAN),
    attributes: {},
  };
}

/** A trace of the stack is printed when something failed. */
function failureIn(text: string): LogLevel | undefined {
  if (/^(?:panic: |fatal error: )/.test(text)) return 'fatal';
  return text.includes('\n') && (STACK.test(text) || FAILED.test(text)) ? 'error' : undefined;
}
