import type { Answer, ExplainedRequest, LogRecord, Span } from '@islet/client/browser';

/** One trace as lines over one axis of time: spans as a tree, and below each what was logged and decided in it. */
export interface Waterfall {
  readonly at: number;
  readonly totalMs: number;
  readonly lines: readonly WaterfallLine[];
}

export type WaterfallLine =
  | {
      readonly kind: 'span';
      readonly key: string;
      readonly depth: number;
      readonly from: number;
      readonly to: number;
      readonly span: Span;
    }
  | {
      readonly kind: 'try';
      readonly key: string;
      readonly depth: number;
      readonly from: number;
      readonly to: number;
      readonly outcome: number | string;
      readonly instance: string;
    }
  | {
      readonly kind: 'log';
      readonly key: string;
      readonly depth: number;
      readonly from: number;
      readonly log: LogRecord;
    }
  | {
      readonly kind: 'decision';
      readonly key: string;
      readonly depth: number;
      readonly from: number;
      readonly decision: Decided;
    };

export type Decided = ExplainedRequest['decisions'][number];
type TraceParts = Pick<Answer<'trace'>, 'spans' | 'logs' | 'requests'>;

/** How far a record of the proxy may begin from the span that it is about: both are of one clock, rounded differently. */
const NEAR_MS = 5;
/** What the telemetry process calls the proxy's tries. */
const TRY = /^try \d+$/;

export function waterfallOf({ spans, logs, requests }: TraceParts): Waterfall {
  const known = new Set(spans.map(({ span }) => span));
  const children = new Map<string | undefined, Span[]>();
  for (const span of spans) {
    // A parent that was not kept, or is not ours, makes a root.
    const parent =
      span.parent !== undefined && known.has(span.parent) && span.parent !== span.span ? span.parent : undefined;
    children.set(parent, [...(children.get(parent) ?? []), span]);
  }
  const instants = [...spans.flatMap(({ at, endAt }) => [at, endAt]), ...logs.map(({ at }) => at)];
  const [at, end] = [Math.min(...instants), Math.max(...instants)];
  const own = placeLogs(logs, spans);
  const records = placeRequests(requests, spans);
  const lines: WaterfallLine[] = [];
  const seen = new Set<string>();
  const walk = (span: Span, depth: number) => {
    if (seen.has(span.span)) return;
    seen.add(span.span);
    lines.push({ kind: 'span', key: span.span, depth, from: span.at - at, to: span.endAt - at, span });
    const inside = { at, logs: own.get(span.span) ?? [], requests: records.get(span.span) ?? [] };
    const hasTries = (children.get(span.span) ?? []).some(({ source, name }) => source === 'proxy' && TRY.test(name));
    lines.push(...insideOf(span, depth + 1, { ...inside, hasTries }));
    for (const child of sorted(children.get(span.span) ?? [])) walk(child, depth + 1);
  };
  for (const root of sorted(children.get(undefined) ?? [])) walk(root, 0);
  const homeless = (own.get(undefined) ?? []).map((log) => logLine(log, 0, at));
  return instants.length === 0
    ? { at: 0, totalMs: 0, lines: [] }
    : { at, totalMs: Math.max(end - at, 0.001), lines: [...lines, ...homeless] };
}

function insideOf(
  { span }: Span,
  depth: number,
  inside: {
    readonly at: number;
    readonly logs: readonly LogRecord[];
    readonly requests: readonly ExplainedRequest[];
    readonly hasTries: boolean;
  },
): readonly WaterfallLine[] {
  const { at } = inside;
  const lines: WaterfallLine[] = inside.logs.map((log) => logLine(log, depth, at));
  for (const request of inside.requests) {
    const began = request.at - at;
    // One try is the request itself, and some are spans of their own.
    if (request.tries.length > 1 && !inside.hasTries) {
      for (const [index, { instance, outcome, start, end }] of request.tries.entries()) {
        lines.push({
          kind: 'try',
          key: `${span} try ${index}`,
          depth,
          from: began + start,
          to: began + end,
          outcome,
          instance,
        });
      }
    }
    for (const [index, decision] of request.decisions.entries()) {
      lines.push({
        kind: 'decision',
        key: `${span} ${request.id} ${index}`,
        depth,
        from: began + decision.at,
        decision,
      });
    }
  }
  return lines.sort((a, b) => a.from - b.from);
}

function logLine(log: LogRecord, depth: number, at: number): WaterfallLine {
  return { kind: 'log', key: `log ${log.id}`, depth, from: log.at - at, log };
}

/** A log that names its span belongs to it; another to the innermost span of its service that was under way. */
function placeLogs(logs: readonly LogRecord[], spans: readonly Span[]): ReadonlyMap<string | undefined, LogRecord[]> {
  const known = new Set(spans.map(({ span }) => span));
  const placed = new Map<string | undefined, LogRecord[]>();
  for (const log of logs) {
    const around = spans.filter(({ service, at, endAt }) => service === log.service && at <= log.at && log.at <= endAt);
    const innermost = around.sort((a, b) => a.endAt - a.at - (b.endAt - b.at))[0]?.span;
    const span = log.span !== undefined && known.has(log.span) ? log.span : innermost;
    placed.set(span, [...(placed.get(span) ?? []), log]);
  }
  return placed;
}

/** The proxy's record of a request belongs to the span of the service that it went to which began then. */
function placeRequests(
  requests: readonly ExplainedRequest[],
  spans: readonly Span[],
): ReadonlyMap<string | undefined, ExplainedRequest[]> {
  const placed = new Map<string | undefined, ExplainedRequest[]>();
  for (const request of requests) {
    const near = spans
      .filter(
        ({ service, kind, at }) =>
          service === request.service && kind === 'server' && Math.abs(at - request.at) <= NEAR_MS,
      )
      .sort((a, b) => Math.abs(a.at - request.at) - Math.abs(b.at - request.at))[0];
    placed.set(near?.span, [...(placed.get(near?.span) ?? []), request]);
  }
  return placed;
}

function sorted(spans: readonly Span[]): readonly Span[] {
  return [...spans].sort((a, b) => a.at - b.at || a.endAt - b.endAt);
}

export interface ComparedStep {
  readonly name: string;
  readonly service: string;
  readonly mine: Sum | undefined;
  readonly other: Sum | undefined;
  /** How much longer the other took in all. */
  readonly byMs: number;
}

export interface Sum {
  readonly count: number;
  readonly ms: number;
  readonly errors: number;
}

/** Two traces step by step: what is of one service and one name is one step. What differs most comes first. */
export function compareTraces(mine: readonly Span[], other: readonly Span[]): readonly ComparedStep[] {
  const [left, right] = [sumsOf(mine), sumsOf(other)];
  return [...new Set([...left.keys(), ...right.keys()])]
    .map((key): ComparedStep => {
      const [service = '', name = ''] = key.split('\0');
      const [a, b] = [left.get(key), right.get(key)];
      return { service, name, mine: a, other: b, byMs: (b?.ms ?? 0) - (a?.ms ?? 0) };
    })
    .sort((a, b) => Math.abs(b.byMs) - Math.abs(a.byMs));
}

function sumsOf(spans: readonly Span[]): ReadonlyMap<string, Sum> {
  const sums = new Map<string, Sum>();
  for (const { service, name, at, endAt, status } of spans) {
    const key = `${service}\0${name}`;
    const { count, ms, errors } = sums.get(key) ?? { count: 0, ms: 0, errors: 0 };
    sums.set(key, { count: count + 1, ms: ms + endAt - at, errors: errors + (status === 'error' ? 1 : 0) });
  }
  return sums;
}
