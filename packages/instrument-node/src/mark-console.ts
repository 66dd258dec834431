import { context, isSpanContextValid, type SpanContext, trace } from '@opentelemetry/api';

/** `console.trace` and `console.table` print through these. */
const METHODS = ['log', 'info', 'debug', 'warn', 'error', 'dir'] as const;

/**
 * What a service prints while it works on a request says which: the first line of it ends with ` [trace_id=… span_id=…]`, and an
 * object in JSON begins with both. Telemetry takes that off again when it reads the line. The line itself still goes where it
 * went, at once: sent as a record of OpenTelemetry in place of it, it would be lost in a crash; beside it, it would be there
 * twice.
 */
export function markConsole(): void {
  let current: SpanContext | undefined;
  let streams: undefined | 'marked';
  const markStreams = () => {
    // Not before: a stream that nobody writes to is not even opened.
    streams = 'marked';
    for (const stream of [process.stdout, process.stderr]) {
      // A person reads there.
      if (stream.isTTY) continue;
      const write = stream.write;
      stream.write = function (this: unknown, chunk: unknown, ...rest: unknown[]) {
        const text = current !== undefined && typeof chunk === 'string' ? marked(chunk, current) : chunk;
        return Reflect.apply(write, this, [text, ...rest]) as boolean;
      };
    }
  };
  for (const name of METHODS) {
    const print = console[name];
    const marking = function (this: unknown, ...args: unknown[]): void {
      const span = trace.getSpanContext(context.active());
      if (span === undefined || current !== undefined || !isSpanContextValid(span)) {
        Reflect.apply(print, this, args);
        return;
      }
      if (streams === undefined) markStreams();
      current = span;
      try {
        Reflect.apply(print, this, args);
      } finally {
        current = undefined;
      }
    };
    console[name] = Object.defineProperty(marking, 'name', { value: name });
  }
}

const SAYS_ITSELF = /trace[._-]?id/i;

/** The text with its first line marked. What is empty, or names a trace itself, stays. */
export function marked(text: string, { traceId, spanId }: Pick<SpanContext, 'traceId' | 'spanId'>): string {
  const end = text.indexOf('\n');
  const first = end < 0 ? text : text.slice(0, end);
  if (first.trim() === '' || SAYS_ITSELF.test(text)) return text;
  if (first.startsWith('{"') && first.endsWith('}')) {
    return `{"trace_id":"${traceId}","span_id":"${spanId}",${text.slice(1)}`;
  }
  return `${first} [trace_id=${traceId} span_id=${spanId}]${text.slice(first.length)}`;
}
