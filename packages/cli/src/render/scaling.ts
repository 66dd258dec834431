import type { Scaling } from '@islet/client';
import type { StatusOptions } from './status.ts';
import { renderTable } from './table.ts';

/** `islet explain scale`: the number and its reason, then what was measured, then the last changes. */
export function renderScaling(scaling: Scaling, { colours, columns }: StatusOptions): string[] {
  const { service, mode, instances, ready, min, max, priority, why } = scaling;
  const table = (headers: string[], rows: string[][]) =>
    rows.length === 0 ? [] : ['', ...renderTable({ headers, rows, columns, paintHeader: colours.dim })];
  return [
    `${service}: ${instances} ${instances === 1 ? 'instance' : 'instances'} (${ready} ready), ${MODES[mode]}, from ${min} to ${max}, priority ${priority}`,
    `  ${why}`,
    ...coldStartLines(scaling),
    ...table(
      ['metric', 'measured', 'target', 'asks for'],
      scaling.signals.map(({ metric, total, target, wants }) => [
        metric,
        total === undefined ? 'not known' : number(total),
        number(target),
        wants === undefined ? '' : String(wants),
      ]),
    ),
    ...table(
      ['at', 'from', 'to', 'why'],
      scaling.changes.map(({ at, from, to, why }) => [new Date(at).toISOString(), String(from), String(to), why]),
    ),
  ];
}

function coldStartLines({ coldStarts }: Scaling): string[] {
  if (coldStarts === undefined) return [];
  const { count, p50Ms, maxMs, waiting, held } = coldStarts;
  const times = count === 0 ? '' : `: half within ${Math.round(p50Ms)} ms, the longest ${Math.round(maxMs)} ms`;
  return [
    `  started from none ${count} ${count === 1 ? 'time' : 'times'}${times}; ${held} requests waited, ${waiting} wait now`,
  ];
}

const MODES = { auto: 'automatic', manual: 'asked for by hand', fixed: 'fixed by the file' } as const;

function number(value: number): string {
  return String(Math.round(value * 10) / 10);
}
