import type { Diagnosis } from '@islet/client';
import type { Colors } from 'picocolors/types.js';
import { type Cell, renderTable } from './table.ts';

/** What this machine has and lacks: toolchains, then guarantees, then what else is worth knowing. */
export function renderDiagnosis(
  { toolchains, guarantees, notes }: Diagnosis,
  { colours, columns }: { colours: Colors; columns?: number | undefined },
): string[] {
  const mark = (good: boolean): Cell =>
    good ? { text: 'yes', paint: colours.green } : { text: 'no', paint: colours.yellow };
  const table = (headers: string[], rows: (string | Cell)[][]) =>
    rows.length > 0 ? [...renderTable({ headers, rows, columns, paintHeader: colours.dim }), ''] : [];
  return [
    ...table(
      ['toolchain', 'here', 'version', 'needed by', 'where'],
      toolchains.map(({ program, path, version, neededBy, hint }) => [
        program,
        mark(path !== undefined),
        version ?? '',
        neededBy.join(', '),
        path ?? hint ?? '',
      ]),
    ),
    ...table(
      ['guarantee', 'holds', 'why not'],
      guarantees.map(({ name, held, reason }) => [name, mark(held), held ? '' : (reason ?? '')]),
    ),
    ...notes,
  ];
}
