import { fingerprint } from './fingerprint.ts';
import type { Occurrence } from './group.ts';
import { isAtTheDoor } from './store-at-the-door.ts';
import { parseThrown, type Thrown } from './thrown.ts';

/** Where something was thrown. */
export interface Source {
  readonly at: number;
  readonly service: string;
  readonly revision: string | undefined;
  readonly instance: string | undefined;
  readonly trace: string | undefined;
}

type Attributes = Readonly<Record<string, unknown>>;

/** Its frames as their authors wrote them. */
export type Mapped = (thrown: Thrown) => Thrown;
const asItIs: Mapped = (thrown) => thrown;

/** A span's exception event, in OpenTelemetry's words. */
export function ofException(source: Source, attributes: Attributes, mapped: Mapped = asItIs): Occurrence {
  const [type, message, stack] = ['type', 'message', 'stacktrace'].map((name) =>
    textOf(attributes[`exception.${name}`]),
  );
  const parsed = stack === undefined ? undefined : parseThrown(stack);
  const thrown = {
    type: type ?? parsed?.type ?? 'Error',
    message: message ?? parsed?.message ?? '',
    frames: parsed?.frames ?? [],
  };
  return occurrence(source, {
    thrown: mapped(thrown),
    stack: stack ?? `${thrown.type}: ${thrown.message}`,
    attributes,
  });
}

export interface LogLike extends Source {
  readonly level: string | undefined;
  readonly text: string;
  readonly attributes?: Attributes | undefined;
}

const FAILURES: ReadonlySet<string> = new Set(['error', 'fatal']);

/**
 * A log that tells of an error: it holds a stack (also the last words of a process that crashed), or is of level error. What
 * loggers write as JSON has it under `err` (pino), `exception` (structlog, logback), or in OpenTelemetry's attributes.
 */
export function ofLog(log: LogLike, mapped: Mapped = asItIs): Occurrence | undefined {
  const attributes = log.attributes ?? {};
  if (textOf(attributes['exception.type']) !== undefined) return ofException(log, attributes, mapped);
  const stack = stackIn(attributes) ?? log.text;
  const parsed = parseThrown(stack);
  const isFailure = FAILURES.has(log.level ?? '');
  if (parsed !== undefined) return occurrence(log, { thrown: mapped(parsed), stack, attributes });
  if (!isFailure || isAtTheDoor(log.text)) return undefined;
  const message = [log.text, reasonIn(attributes)].filter((part) => part !== undefined).join(': ');
  return occurrence(log, { thrown: { type: 'log', message, frames: [] }, stack: message, attributes });
}

/** `failed` alone would be one group for all that fails. */
function reasonIn(attributes: Attributes): string | undefined {
  return textOf(attributes.error) ?? textOf(attributes.err);
}

function stackIn(attributes: Attributes): string | undefined {
  const nested = attributes.err ?? attributes.error;
  const inside = typeof nested === 'object' && nested !== null && 'stack' in nested ? textOf(nested.stack) : undefined;
  const candidates = [inside, 'err.stack', 'error.stack', 'stack', 'stack_trace', 'exception', 'exc_info'].map((one) =>
    one === undefined || one === inside ? one : textOf(attributes[one]),
  );
  const named = candidates.find((text) => text !== undefined);
  if (named !== undefined) return named;
  // Many write the whole error as text there, and many its message alone.
  return [reasonIn(attributes), textOf(attributes.traceback)].find((text) => text?.includes('\n') && parseThrown(text));
}

function occurrence(
  source: Source,
  { thrown, stack, attributes }: { readonly thrown: Thrown; readonly stack: string; readonly attributes: Attributes },
): Occurrence {
  const { at, service, revision, instance, trace } = source;
  const explicit = textOf(attributes['error.fingerprint']);
  return {
    at,
    service,
    revision,
    instance,
    trace,
    thrown,
    stack,
    attributes,
    group: fingerprint(service, thrown, explicit),
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
