import type { ExplainedRequest } from '@islet/client';
import type { StatusOptions } from './status.ts';
import { plain, renderTable } from './table.ts';

/** `islet explain <request id>`: for each hop what came of it, its timeline, and each rule with its line. */
export function renderExplanation(records: readonly ExplainedRequest[], options: StatusOptions): string[] {
  return records.flatMap((record, index) => [...(index === 0 ? [] : ['']), ...renderRecord(record, options)]);
}

function renderRecord(record: ExplainedRequest, { colours, columns }: StatusOptions): string[] {
  const { method = '', path = '', service = 'no service', at, timings, trace, kept } = record;
  const events = eventsOf(record).toSorted((a, b) => a.at - b.at);
  return [
    `${colours.bold(plain(`${method} ${path}`.trim() || record.protocol))}  ${callerText(record)} → ${service}  ${resultText(record)}`,
    `  ${new Date(at).toISOString()}, ${timingText(timings)}; trace ${trace}; kept as ${kept}`,
    ...renderEvents(events, { colours, columns }),
  ];
}

/** A table, or where that is too wide one below the other: what decided and its line are never cut off. */
function renderEvents(events: readonly TimelineEvent[], { colours, columns }: StatusOptions): string[] {
  const headers = ['ms', 'what', 'instance', 'came to', 'from'];
  const rows = events.map(({ at, what, instance, cameTo, from }) => [at.toFixed(1), what, instance, cameTo, from]);
  const width = Math.max(...renderTable({ headers, rows }).map(({ length }) => length));
  if (columns === undefined || width <= columns) return renderTable({ headers, rows, paintHeader: colours.dim });
  const [longest = 0] = rows.map(([ms = '']) => ms.length).toSorted((a, b) => b - a);
  const indent = ' '.repeat(longest + 2);
  return rows.flatMap(([ms = '', what = '', instance = '', ...rest]) => [
    `${ms.padStart(longest)}  ${plain(`${what}  ${instance}`)}`,
    ...rest.flatMap((text) => wrapped(plain(text), columns - indent.length).map((line) => indent + line)),
  ]);
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && longer.length <= width) lines.splice(-1, 1, longer);
    else lines.push(word);
  }
  return lines;
}

interface TimelineEvent {
  readonly at: number;
  readonly what: string;
  readonly instance: string;
  readonly cameTo: string;
  readonly from: string;
}

function eventsOf({ tries, decisions }: ExplainedRequest): TimelineEvent[] {
  return [
    ...tries.map(({ start, end, instance, revision, outcome, probe }, index) => ({
      at: start,
      what: probe ? `try ${index + 1}, to find out if it is well again` : `try ${index + 1}`,
      instance,
      cameTo: `${outcome} after ${(end - start).toFixed(1)} ms`,
      from: `revision ${revision}`,
    })),
    ...decisions.map(({ at, rule, why, instance = '', from }) => ({ at, what: rule, instance, cameTo: why, from })),
  ];
}

function callerText({ from, caller }: ExplainedRequest): string {
  return from === 'edge' ? (caller ?? 'a service') : from;
}

function resultText({ status, grpcStatus, error }: ExplainedRequest): string {
  const answer = status === undefined ? 'no answer' : String(status);
  return [answer, grpcStatus === undefined ? '' : `gRPC ${grpcStatus}`, error ?? ''].filter(Boolean).join(' ');
}

function timingText({ queue, connect, firstByte, total }: ExplainedRequest['timings']): string {
  const parts = [
    `${total.toFixed(1)} ms in all`,
    queue >= SHOWN_MS ? `${queue.toFixed(1)} ms in wait` : '',
    connect >= SHOWN_MS ? `${connect.toFixed(1)} ms to connect` : '',
    firstByte === undefined ? '' : `first byte after ${firstByte.toFixed(1)} ms`,
  ];
  return parts.filter(Boolean).join(', ');
}

/** Less would be shown as nothing. */
const SHOWN_MS = 0.05;
