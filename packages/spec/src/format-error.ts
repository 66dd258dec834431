import type { SpecError } from './errors.ts';

/** One line, and with the file's text also the line at fault with a caret below the column. */
export function formatError(error: SpecError, text?: string): readonly string[] {
  const { file, line, column } = error.place;
  const subject = error.path === '' ? '' : `${error.path}: `;
  const hint = error.hint === undefined ? '' : `; ${error.hint}`;
  const head = `${file}:${line}:${column}  ${error.rule}  ${subject}${error.message}${hint}`;
  const source = text?.split(/\r?\n/)[line - 1];
  if (source === undefined) return [head];
  const gutter = `${line} | `;
  // Tabs stay tabs, so that the caret stands below its character whatever their width.
  const indent = source.slice(0, column - 1).replace(/[^\t]/g, ' ');
  return [head, `  ${gutter}${source}`, `  ${' '.repeat(gutter.length)}${indent}^`];
}

/** By file, line and column; equal ones once. */
export function sortErrors(errors: readonly SpecError[]): readonly SpecError[] {
  const byLine = new Map(errors.map((error) => [formatError(error)[0], error]));
  return [...byLine.values()].sort(
    (a, b) =>
      compare(a.place.file, b.place.file) ||
      a.place.line - b.place.line ||
      a.place.column - b.place.column ||
      compare(a.message, b.message),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
