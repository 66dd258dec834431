import type { TraceSummary } from '@islet/client';
import type { StatusOptions } from './status.ts';
import { renderTable } from './table.ts';

/** From here on there is room for whole instants. */
const WIDE = 120;

export function renderTraces(traces: readonly TraceSummary[], { colours, columns }: StatusOptions): string[] {
  const instantText = instantsOf(traces, columns);
  return renderTable({
    headers: ['at', 'trace', 'ms', 'errors', 'request', 'spans', 'kept', 'services'],
    rows: traces.map(({ trace, at, totalMs, root, services, spans, errors, kept }) => [
      instantText(at),
      trace,
      totalMs.toFixed(1),
      { text: String(errors), paint: errors > 0 ? colours.red : undefined },
      `${root.service} ${root.route ?? root.name}`,
      String(spans),
      kept,
      services.join(', '),
    ]),
    columns,
    paintHeader: colours.dim,
    giveWay: ['services', 'spans', 'kept'],
  });
}

/** In a narrow terminal without the day, where all are of one; UTC in any case. */
function instantsOf(traces: readonly TraceSummary[], columns = Number.POSITIVE_INFINITY): (at: number) => string {
  const days = new Set(traces.map(({ at }) => new Date(at).toISOString().slice(0, 10)));
  if (columns >= WIDE) return (at) => new Date(at).toISOString();
  return (at) =>
    `${new Date(at)
      .toISOString()
      .slice(days.size > 1 ? 5 : 11, 19)
      .replace('T', ' ')}Z`;
}
