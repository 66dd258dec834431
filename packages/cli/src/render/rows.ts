import type { QueryAnswer } from '@islet/client';
import { renderTable } from './table.ts';

type Rows = Extract<QueryAnswer, { kind: 'rows' }>;

export function renderRows({ columns: headers, rows, more }: Rows, columns: number | undefined): string[] {
  const cells = rows.map((row) => row.map((value) => (value === null ? 'NULL' : String(value))));
  const count = more
    ? `the first ${rows.length} rows; there are more`
    : `${rows.length} ${rows.length === 1 ? 'row' : 'rows'}`;
  return [...renderTable({ headers, rows: cells, columns }), `(${count})`];
}

/** One object a row; columns of one name keep the last value. */
export function rowsAsObjects({ columns, rows }: Rows): readonly Readonly<Record<string, unknown>>[] {
  return rows.map((row) => Object.fromEntries(row.map((value, index) => [columns[index] ?? '', value])));
}
