import type { ExplainedRequest, LogRecord, Span } from '@islet/client';
import type { StatusOptions } from './status.ts';
import { cut, plain } from './table.ts';

export interface WholeTrace {
  readonly trace: string;
  readonly spans: readonly Span[];
  readonly logs: readonly LogRecord[];
  readonly requests: readonly ExplainedRequest[];
}

/** What is told below a span, at its instant. */
interface Remark {
  readonly at: number;
  readonly service: string;
  readonly text: string;
  readonly isBad: boolean;
}

const NARROWEST = 80;
const BAR = 28;

/**
 * A trace in a terminal: each span below the one that called it, its bar at its time; below it what it logged, what was
 * thrown in it and what the proxy decided.
 */
export function renderWaterfall(trace: WholeTrace, { colours, columns = 120 }: StatusOptions): string[] {
  const { spans } = trace;
  if (spans.length === 0) return [`No span is kept of ${trace.trace}.`];
  const begin = Math.min(...spans.map(({ at }) => at));
  const end = Math.max(...spans.map(({ endAt }) => endAt));
  const width = Math.max(NARROWEST, columns);
  const remarks = remarksOf(trace);
  const name = width - BAR - MS - 4;
  const lines = ordered(spans).flatMap(({ span, depth }) => {
    const indent = '  '.repeat(depth);
    const text = cut(`${indent}${plain(titleOf(span))}`, name).padEnd(name);
    const paint = span.status === 'error' ? colours.red : (same: string) => same;
    const bar = barOf(span, { begin, end });
    return [
      `${paint(text)}  ${`${(span.endAt - span.at).toFixed(1)} ms`.padStart(MS)}  ${paint(bar)}`.trimEnd(),
      ...(remarks.get(span.span) ?? []).map(({ at, text: said, isBad }) => {
        const line = `${indent}  ${colours.dim(`+${(at - begin).toFixed(1)}`)} ${plain(said)}`;
        return isBad ? colours.red(cut(line, width)) : cut(line, width);
      }),
    ];
  });
  const loose = (remarks.get('') ?? []).map(({ at, service, text }) =>
    cut(`  ${colours.dim(`+${(at - begin).toFixed(1)}`)} ${service}  ${plain(text)}`, width),
  );
  const services = new Set(spans.map(({ service }) => service)).size;
  const head = `${colours.bold(trace.trace)}  ${(end - begin).toFixed(1)} ms, ${spans.length} spans of ${services} services, ${new Date(begin).toISOString()}`;
  return [head, '', ...lines, ...(loose.length === 0 ? [] : ['', 'Logged, and no span says where:', ...loose])];
}

const MS = 12;

function titleOf({ service, name, source, kind, message }: Span): string {
  const who = source === 'proxy' ? `proxy → ${service}` : service;
  return `${who}  ${name}${kind === 'client' ? ' ▸' : ''}${message === undefined ? '' : `: ${message}`}`;
}

function barOf({ at, endAt }: Span, { begin, end }: { readonly begin: number; readonly end: number }): string {
  const whole = Math.max(end - begin, 0.001);
  const from = Math.min(BAR - 1, Math.floor(((at - begin) / whole) * BAR));
  const length = Math.max(1, Math.min(BAR - from, Math.round(((endAt - at) / whole) * BAR)));
  return `${' '.repeat(from)}${'█'.repeat(length)}`;
}

/** Depth first, by time; a span whose parent is not kept stands at the top. */
function ordered(spans: readonly Span[]): readonly { readonly span: Span; readonly depth: number }[] {
  const known = new Set(spans.map(({ span }) => span));
  const below = Map.groupBy(
    spans.toSorted((a, b) => a.at - b.at),
    ({ parent = '' }) => (known.has(parent) ? parent : ''),
  );
  const placed = new Set<string>();
  const walk = (parent: string, depth: number): { span: Span; depth: number }[] =>
    (below.get(parent) ?? []).flatMap((span) => {
      // A span that says it is its own ancestor is shown once.
      if (placed.has(span.span)) return [];
      placed.add(span.span);
      return [{ span, depth }, ...walk(span.span, depth + 1)];
    });
  const tree = walk('', 0);
  return [...tree, ...spans.filter(({ span }) => !placed.has(span)).map((span) => ({ span, depth: 0 }))];
}

/** By span; under '' what belongs to none that is kept. */
function remarksOf({ spans, logs, requests }: WholeTrace): ReadonlyMap<string, readonly Remark[]> {
  const known = new Set(spans.map(({ span }) => span));
  const all = [
    ...logs.map(({ at, span = '', level, text, service }) => ({
      of: known.has(span) ? span : ownerAt(spans, { at, service }),
      at,
      service,
      isBad: level === 'error' || level === 'fatal',
      text: `${level ?? 'log'}: ${text.split('\n')[0]}`,
    })),
    ...spans.flatMap(({ span, service, events }) =>
      events.map(({ at, name, attributes }) => ({
        of: span,
        at,
        service,
        isBad: name === 'exception',
        text:
          name === 'exception'
            ? `threw ${attributes['exception.type'] ?? ''}: ${attributes['exception.message'] ?? ''}`
            : name,
      })),
    ),
    ...requests.flatMap(({ at, decisions, service = '' }) =>
      decisions.map(({ at: ms, rule, why, from }) => ({
        of: proxySpanAt(spans, { at, service }),
        at: at + ms,
        service,
        isBad: false,
        text: `${rule}: ${why} (${from})`,
      })),
    ),
  ];
  return Map.groupBy(
    all.toSorted((a, b) => a.at - b.at),
    ({ of }) => of,
  );
}

interface Where {
  readonly at: number;
  readonly service: string;
}

/** A log without a span is of the narrowest of its service's spans that was under way; where it tells of none itself, of the proxy's. */
function ownerAt(spans: readonly Span[], { at, service }: Where): string {
  const own = spans.filter((span) => span.service === service && span.at <= at && at <= span.endAt);
  const [told, seen] = [own.filter(({ source }) => source === 'otlp'), own];
  const [narrowest] = (told.length > 0 ? told : seen).toSorted((a, b) => a.endAt - a.at - (b.endAt - b.at));
  return narrowest?.span ?? '';
}

function proxySpanAt(spans: readonly Span[], { at, service }: Where): string {
  const own = spans.filter((span) => span.service === service && span.source === 'proxy');
  return own.toSorted((a, b) => Math.abs(a.at - at) - Math.abs(b.at - at))[0]?.span ?? '';
}
