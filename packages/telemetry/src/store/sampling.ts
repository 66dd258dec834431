import type { TraceKept } from '@islet/client';
import type { TelemetrySpec } from '@islet/spec';
import { LIMITS } from './limits.ts';
import { attributesOf, type SpanRow, type TraceRow } from './rows.ts';

/** On a span of the proxy's: why its record was kept. */
export const KEPT_ATTRIBUTE = 'islet.kept';

/**
 * Which traces are kept, decided when they are over (tail sampling). All with an error, slow ones, what a rule decided and
 * what a person asked for; of the others so many in each second, by the service that they begin at. A trace is kept or left
 * as a whole: half a trace misleads.
 *
 * A span that comes after its trace was decided goes the way of the trace. What was decided is remembered for a while; after
 * that, and after a kill, late spans are a trace of their own.
 */
export class Sampling {
  readonly #decided = new Map<string, boolean>();
  readonly #taken = new Map<string, { second: number; count: number }>();

  /** Of spans that belong together in time, those that are kept, and the traces that they make. */
  take(rows: readonly SpanRow[], policyOf: (service: string) => TelemetrySpec['traces']): Taken {
    const traces = Map.groupBy(rows, ({ trace }) => trace);
    const made: TraceRow[] = [];
    const keep = new Set<string>();
    for (const [trace, spans] of traces) {
      const before = this.#decided.get(trace);
      const summary = summaryOf(trace, spans);
      const kept = before === undefined ? this.#reason(summary, spans, policyOf(summary.service)) : before && 'sample';
      this.#remember(trace, kept !== undefined && kept !== false);
      if (kept === undefined || kept === false) continue;
      keep.add(trace);
      made.push({ ...summary, kept });
    }
    return { spans: rows.filter(({ trace }) => keep.has(trace)), traces: made };
  }

  #reason(trace: TraceRow, spans: readonly SpanRow[], policy: TelemetrySpec['traces']): TraceKept | undefined {
    const notable = whyNotable(trace, spans, policy);
    if (notable !== undefined) return notable;
    const second = Math.floor(trace.at / 1000);
    const taken = this.#taken.get(trace.service);
    const count = taken?.second === second ? taken.count : 0;
    if (count >= policy.sample) return undefined;
    this.#taken.set(trace.service, { second, count: count + 1 });
    return 'sample';
  }

  #remember(trace: string, isKept: boolean): void {
    this.#decided.delete(trace);
    this.#decided.set(trace, isKept);
    if (this.#decided.size <= LIMITS.decidedTraces) return;
    for (const oldest of this.#decided.keys()) {
      this.#decided.delete(oldest);
      break;
    }
  }
}

export interface Taken {
  readonly spans: readonly SpanRow[];
  readonly traces: readonly TraceRow[];
}

/** Why a trace is kept whatever else there is; undefined: nothing of it is remarkable. */
export function whyNotable(
  { errors, totalMs }: TraceRow,
  spans: readonly SpanRow[],
  { slowMs }: Pick<TelemetrySpec['traces'], 'slowMs'>,
): TraceKept | undefined {
  if (errors > 0) return 'error';
  const said = spans.filter(({ source }) => source === 'proxy').map(({ attributes }) => keptIn(attributes));
  if (said.includes('asked')) return 'asked';
  if (said.includes('decision')) return 'decision';
  return totalMs >= slowMs ? 'slow' : undefined;
}

function keptIn(attributes: string): unknown {
  return attributes.includes(KEPT_ATTRIBUTE) ? attributesOf(attributes)[KEPT_ATTRIBUTE] : undefined;
}

/** What a list of traces says of one. Its root is the span without a parent among them; of several the earliest. */
export function summaryOf(trace: string, spans: readonly SpanRow[]): TraceRow {
  const known = new Set(spans.map(({ span }) => span));
  let root: SpanRow | undefined;
  let [at, endAt, errors] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  const services = new Set<string>();
  for (const span of spans) {
    at = Math.min(at, span.at);
    endAt = Math.max(endAt, span.endAt);
    if (span.status === 'error' && !isForCaller(span)) errors++;
    services.add(span.service);
    if (!known.has(span.parent) && (root === undefined || span.at < root.at)) root = span;
  }
  const first = root ?? spans[0];
  return {
    trace,
    at,
    totalMs: Math.max(0, endAt - at),
    service: first?.service ?? '',
    name: first?.name ?? '',
    route: first === undefined ? '' : String(attributesOf(first.attributes)['http.route'] ?? ''),
    revision: first?.revision ?? '',
    services: [...services].sort().join('\n'),
    spans: spans.length,
    errors,
    kept: 'sample',
  };
}

/**
 * OpenTelemetry's agents call a call failed that is answered with 4xx. What the caller asked for wrongly, or asked to find out,
 * is no failure of the trace, as it is none of an objective: a system that says "not found" all day would keep all of its traces.
 */
function isForCaller({ kind, attributes }: SpanRow): boolean {
  return kind === 'client' && ANSWERED_4XX.test(attributes);
}

/** The second name is that of before OpenTelemetry's HTTP conventions were stable. */
const ANSWERED_4XX = /"http\.(?:response\.)?status_code":"?4\d\d\b/;
