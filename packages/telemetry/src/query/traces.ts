import type { Span, TraceSummary } from '@islet/client';
import type { Answer, Input } from '@islet/client/remote';
import { RECORD_ATTRIBUTE } from '../proxy/request-spans.ts';
import type { DecodedText } from '../store/codecs.ts';
import { attributesOf, type SpanRow, type TraceRow } from '../store/rows.ts';
import { summaryOf, whyNotable } from '../store/sampling.ts';
import type { Store } from '../store/store.ts';
import { needleOf } from './grep.ts';
import { logRecord } from './logs.ts';
import { newest } from './search.ts';
import { stretchOf } from './stretch.ts';

const LIMIT = 50;
/** A trace has parts before its root's instant and after its end; and logs. */
const AROUND_MS = 60 * 60 * 1000;
const SPANS = 10_000;
const LOGS = 2_000;

type Asked = Input<'traces'>;

export async function findTraces(
  store: Store,
  asked: Asked,
  { now, slowMs }: { readonly now: number; readonly slowMs: (service: string) => number },
): Promise<Answer<'traces'>> {
  const { from, to } = stretchOf(asked, now);
  const limit = Number(asked.limit ?? LIMIT);
  const having = asked.attribute === undefined ? undefined : await tracesWith(store, asked.attribute, { from, to });
  const isWanted = filterOf(asked, having);
  const { found, looked } = await newest(store, 'traces', {
    // A trace is stored with the service that it begins at, and goes through others.
    service: undefined,
    from,
    to,
    limit,
    rank: asked.status === 'error' ? 1 : undefined,
    inBlock: (block) => (index) => isWanted(block.row(index)),
    inMemory: isWanted,
  });
  const fresh = unsealed(store, slowMs).filter((trace) => trace.at >= from && trace.at <= to && isWanted(trace));
  const joined = [...Map.groupBy([...found.map(({ row }) => row), ...fresh], ({ trace }) => trace).values()].map(
    joinRows,
  );
  joined.sort((one, other) => other.at - one.at);
  return { traces: joined.slice(0, limit).map(told), gaps: store.gaps.between(from, to, ['otlp', 'stored']), looked };
}

/** All of one trace. The proxy's records are in its spans. */
export async function findTrace(store: Store, trace: string, now: number): Promise<Answer<'trace'>> {
  const spans = await newest(store, 'spans', {
    service: undefined,
    from: 0,
    to: now + AROUND_MS,
    limit: SPANS,
    trace,
    inBlock: () => () => true,
    inMemory: (row) => row.trace === trace,
  });
  // An agent that could not know whether a span arrived has sent it again.
  const rows = [...new Map(spans.found.map(({ row }) => [row.span, row])).values()];
  const begin = rows.reduce((least, { at }) => Math.min(least, at), now);
  const logs = await newest(store, 'logs', {
    service: undefined,
    from: begin - AROUND_MS,
    to: now + AROUND_MS,
    limit: LOGS,
    trace,
    inBlock: () => () => true,
    inMemory: (row) => row.trace === trace,
  });
  return {
    trace,
    spans: rows.map(spanOf).sort((one, other) => one.at - other.at || one.endAt - other.endAt),
    logs: logs.found.map(logRecord).reverse(),
    requests: rows.flatMap(requestIn).sort((one, other) => one.at - other.at),
  };
}

/** Spans that wait for the rest of their trace are shown as what they are so far. */
function unsealed(store: Store, slowMs: (service: string) => number): TraceRow[] {
  const rows = store.heads('spans').flatMap((head) => head.rows);
  return [...Map.groupBy(rows, ({ trace }) => trace)].map(([trace, spans]) => {
    const summary = summaryOf(trace, spans);
    return { ...summary, kept: whyNotable(summary, spans, { slowMs: slowMs(summary.service) }) ?? 'sample' };
  });
}

function filterOf(
  { service, route, minMs, maxMs, status, revision }: Asked,
  having: ReadonlySet<string> | undefined,
): (trace: TraceRow) => boolean {
  const [least, most] = [Number(minMs ?? 0), Number(maxMs ?? Number.POSITIVE_INFINITY)];
  return (trace) =>
    (service === undefined || trace.services.split('\n').includes(service)) &&
    (route === undefined || trace.route === route || trace.name.includes(route)) &&
    trace.totalMs >= least &&
    trace.totalMs <= most &&
    (status === undefined || (status === 'error') === trace.errors > 0) &&
    (revision === undefined || trace.revision.startsWith(revision)) &&
    (having === undefined || having.has(trace.trace));
}

/** Traces of which a span has the attribute, as `key=value`. */
async function tracesWith(
  store: Store,
  attribute: string,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<ReadonlySet<string>> {
  const [key = '', ...rest] = attribute.split('=');
  const value = rest.join('=');
  const has = (json: string) => String(attributesOf(json)[key] ?? '') === value;
  const needle = needleOf(`${JSON.stringify(key)}:`);
  const { found } = await newest(store, 'spans', {
    service: undefined,
    from: from - AROUND_MS,
    to: to + AROUND_MS,
    limit: SPANS,
    inBlock: (block) => {
      const column = block.column<string>('attributes') as DecodedText;
      const mayHave = needle.rowsOf(column);
      return (index) => mayHave(index) && has(column.at(index));
    },
    inMemory: ({ attributes }) => has(attributes),
  });
  return new Set(found.map(({ row }) => row.trace));
}

/** Spans that came late made a row of their own. */
function joinRows(rows: readonly TraceRow[]): TraceRow {
  const [first, ...others] = [...rows].sort((one, other) => one.at - other.at);
  if (first === undefined) throw new Error('there is nothing to join');
  if (others.length === 0) return first;
  const endAt = rows.reduce((most, { at, totalMs }) => Math.max(most, at + totalMs), 0);
  return {
    ...first,
    totalMs: endAt - first.at,
    services: [...new Set(rows.flatMap(({ services }) => services.split('\n')))].sort().join('\n'),
    spans: rows.reduce((sum, { spans }) => sum + spans, 0),
    errors: rows.reduce((sum, { errors }) => sum + errors, 0),
  };
}

function told({ trace, at, totalMs, service, name, route, services, spans, errors, kept }: TraceRow): TraceSummary {
  return {
    trace,
    at,
    totalMs,
    spans,
    errors,
    root: { service, name, ...(route !== '' && { route }) },
    services: services.split('\n'),
    kept: kept as TraceSummary['kept'],
  };
}

export function spanOf(row: SpanRow): Span {
  const { parent, revision, instance, message, attributes, events, ...span } = row;
  const { [RECORD_ATTRIBUTE]: _record, ...shown } = attributesOf(attributes);
  return {
    ...span,
    ...(parent !== '' && { parent }),
    ...(revision !== '' && { revision }),
    ...(instance !== '' && { instance }),
    ...(message !== '' && { message }),
    attributes: shown,
    events: events === '' ? [] : (JSON.parse(events) as Span['events']),
  };
}

type Told = Answer<'trace'>['requests'][number];

/** What the line of each rule is, whoever knows the system's files adds. */
function requestIn({ source, attributes }: SpanRow): Told[] {
  const record = source === 'proxy' ? attributesOf(attributes)[RECORD_ATTRIBUTE] : undefined;
  return typeof record === 'string' ? [JSON.parse(record) as Told] : [];
}
