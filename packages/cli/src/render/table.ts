import { stripVTControlCharacters } from 'node:util';

/** A text and how it is coloured; widths are those of the text. */
export interface Cell {
  readonly text: string;
  readonly paint?: ((text: string) => string) | undefined;
}

export interface TableOptions {
  readonly headers: readonly string[];
  readonly rows: readonly (readonly (string | Cell)[])[];
  /** Cut each line to this width; undefined: never. */
  readonly columns?: number | undefined;
  readonly paintHeader?: ((text: string) => string) | undefined;
  /** Headers of columns that are left out where there is no room for all of them, the first to go first. */
  readonly giveWay?: readonly string[];
}

const GAP = '  ';

/** Columns as wide as their widest cell, two spaces apart, with no space at a line's end. */
export function renderTable({ giveWay = [], ...table }: TableOptions): string[] {
  const { headers, rows, columns, paintHeader } = fitting(table, giveWay);
  const head = headers.map((text): Cell => ({ text: text.toUpperCase(), paint: paintHeader }));
  const lines = [head, ...rows.map((row) => row.map(toCell))];
  const widths = headers.map((_, index) => Math.max(...lines.map((line) => line[index]?.text.length ?? 0)));
  return lines.map((line) => renderLine(line, widths, columns ?? Number.POSITIVE_INFINITY));
}

/** Of the last column, so much must be seen of a text that can be cut. */
const LEAST_OF_LAST = 24;

/** What matters most is not cut off at the right for the sake of what matters least. */
function fitting(table: Omit<TableOptions, 'giveWay'>, giveWay: readonly string[]): Omit<TableOptions, 'giveWay'> {
  const { headers, rows, columns } = table;
  const [first, ...rest] = giveWay;
  if (columns === undefined || first === undefined || neededBy(table) <= columns) return table;
  const left = headers.indexOf(first);
  if (left < 0) return fitting(table, rest);
  const without = <T>(cells: readonly T[]) => cells.filter((_, index) => index !== left);
  return fitting({ ...table, headers: without(headers), rows: rows.map(without) }, rest);
}

function neededBy({ headers, rows }: Pick<TableOptions, 'headers' | 'rows'>): number {
  const widths = headers.map((header, index) =>
    Math.max(header.length, ...rows.map((row) => toCell(row[index] ?? '').text.length)),
  );
  const last = Math.min(LEAST_OF_LAST, widths.at(-1) ?? 0);
  return widths.slice(0, -1).reduce((sum, width) => sum + width + GAP.length, last);
}

/** Text from outside on one line: no escape sequences, no control characters. */
export function plain(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/[\u0000-\u001f\u007f]+/g, ' ')
    .trim();
}

export function cut(text: string, width: number): string {
  if (text.length <= width) return text;
  return width <= 1 ? text.slice(0, Math.max(width, 0)) : `${text.slice(0, width - 1)}…`;
}

function toCell(cell: string | Cell): Cell {
  return typeof cell === 'string' ? { text: plain(cell) } : { ...cell, text: plain(cell.text) };
}

function renderLine(cells: readonly Cell[], widths: readonly number[], columns: number): string {
  let left = columns;
  const parts: string[] = [];
  const last = cells.findLastIndex((cell) => cell.text !== '');
  for (const [index, { text, paint = (same: string) => same }] of cells.slice(0, last + 1).entries()) {
    if (left <= 0) break;
    const shown = cut(text, left);
    const width = index === last ? shown.length : Math.min(widths[index] ?? 0, left);
    parts.push(paint(shown) + ' '.repeat(width - shown.length));
    left -= width + GAP.length;
  }
  return parts.join(GAP).trimEnd();
}
