import { type LogLevel, SPAN_KINDS } from '@islet/client';
import type { LogRow, SpanRow } from '../store/rows.ts';
import type { Identity } from './identity.ts';
import type { OtlpLog, OtlpSpan } from './model.ts';

/** What a person reads of one attribute at most; longer ones are cut. */
const ATTRIBUTE_CHARS = 16_384;
const TEXT_CHARS = 65_536;

const TRACE_ID = /^[0-9a-f]{32}$/;
const SPAN_ID = /^[0-9a-f]{16}$/;
const STATUSES = ['unset', 'ok', 'error'] as const;

/** Undefined: its ids are none (W3C Trace Context), so that it could not be found again. */
export function spanRow(span: OtlpSpan, { service, instance, revision }: Identity): SpanRow | undefined {
  if (!TRACE_ID.test(span.trace) || !SPAN_ID.test(span.span)) return undefined;
  return {
    trace: span.trace,
    span: span.span,
    parent: SPAN_ID.test(span.parent) ? span.parent : '',
    service,
    instance,
    revision,
    source: 'otlp',
    name: span.name.slice(0, ATTRIBUTE_CHARS),
    kind: SPAN_KINDS[Math.max(0, span.kind - 1)] ?? 'internal',
    at: span.at,
    endAt: Math.max(span.at, span.endAt),
    status: STATUSES[span.status] ?? 'unset',
    message: span.message.slice(0, ATTRIBUTE_CHARS),
    attributes: jsonOf(span.attributes),
    events: span.events.length === 0 ? '' : JSON.stringify(span.events),
  };
}

export function logRow(log: OtlpLog, { service, instance, revision }: Identity, now: number): LogRow {
  return {
    service,
    instance,
    revision,
    stream: 'otlp',
    at: log.at === 0 ? now : log.at,
    level: levelOf(log),
    text: log.body.slice(0, TEXT_CHARS),
    trace: TRACE_ID.test(log.trace) ? log.trace : '',
    span: SPAN_ID.test(log.span) ? log.span : '',
    attributes: jsonOf(log.attributes),
  };
}

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

/** Four numbers for each level. */
function levelOf({ severity }: OtlpLog): LogLevel | undefined {
  return severity < 1 ? undefined : LEVELS[Math.min(5, Math.floor((severity - 1) / 4))];
}

export function jsonOf(attributes: OtlpSpan['attributes']): string {
  for (const key in attributes) {
    const value = attributes[key];
    if (typeof value === 'string' && value.length > ATTRIBUTE_CHARS) return JSON.stringify(cut(attributes));
  }
  const text = JSON.stringify(attributes);
  return text === '{}' ? '' : text;
}

function cut(attributes: OtlpSpan['attributes']): OtlpSpan['attributes'] {
  const entries = Object.entries(attributes).map(([key, value]) => [
    key,
    typeof value === 'string' ? value.slice(0, ATTRIBUTE_CHARS) : value,
  ]);
  return Object.fromEntries(entries) as OtlpSpan['attributes'];
}
