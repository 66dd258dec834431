import type { TraceSummary } from '@islet/client';
import type { StatusOptions } from './status.ts';
import { renderTable } from './table.ts';

export function renderTraces(traces: readonly TraceSummary[], { colours, columns }: StatusOptions): string[] {
  return renderTable({
    headers: ['at', 'trace', 'ms', 'request', 'spans', 'errors', 'kept', 'services'],
    rows: traces.map(({ trace, at, totalMs, root, services, spans, errors, kept }) => [
      new Date(at).toISOString(),
      trace,
      totalMs.toFixed(1),
      `${root.service} ${root.route ?? root.name}`,
      String(spans),
      { text: String(errors), paint: errors > 0 ? colours.red : undefined },
      kept,
      services.join(', '),
    ]),
    columns,
    paintHeader: colours.dim,
  });
}
