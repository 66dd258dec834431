import type { Described, Origin } from '@islet/spec';
import type { Colors } from 'picocolors/types.js';
import { cut, plain } from './table.ts';

/**
 * Effective values, of a service or of the whole system, each with the line or the default that it comes from; a section below
 * the other, and what is otherwise for a route or a caller after what holds for all. Nearly all keys and values are short: those that are not stick out, so that
 * one list of media types doesn't push every line's origin off the screen.
 */
export function renderDescription(title: string, values: readonly Described[], colours: Colors): string[] {
  const sections = [...Map.groupBy(values, ({ path }) => sectionOf(path)).values()];
  const keys = widthOf(values.map(pathOf), KEY_WIDTH);
  const shown = widthOf(values.map(valueText), VALUE_WIDTH);
  const lines = sections.map((inside) => {
    const widths = { keys: Math.max(keys, widthOf(inside.map(pathOf))), shown };
    return inside.map((one) => renderValue(one, { ...widths, colours }));
  });
  return [colours.bold(title), ...lines.flatMap((inside, index) => (index === 0 ? inside : ['', ...inside]))];
}

const KEY_WIDTH = 36;
const VALUE_WIDTH = 28;
/** An answer that stands in for another can be a page. */
const LONGEST_VALUE = 160;

function renderValue(
  one: Described,
  { keys, shown, colours }: { readonly keys: number; readonly shown: number; readonly colours: Colors },
): string {
  const isWritten = one.origin.kind === 'file';
  const [text, from] = [valueText(one), originText(one.origin)];
  const value = isWritten ? colours.bold(text) : text;
  return `${one.path.padEnd(keys)}  ${value}${' '.repeat(Math.max(0, shown - text.length))}  ${isWritten ? from : colours.dim(from)}`;
}

/** An override is a section of its own. What is in none is together. */
function sectionOf(path: string): string {
  return overrideOf(path) ?? path.slice(0, Math.max(0, path.indexOf('.')));
}

/** `traffic.callers.web.routes[0]`, where the value is of one. */
export function overrideOf(path: string): string | undefined {
  return OVERRIDE.exec(path)?.[0];
}

const OVERRIDE = /^traffic\.(?:callers\.[^.]+(?:\.routes\[\d+\])?|routes\[\d+\])/;

function widthOf(texts: readonly string[], most = Number.POSITIVE_INFINITY): number {
  return Math.max(0, ...texts.map(({ length }) => length).filter((length) => length <= most));
}

function pathOf({ path }: Described): string {
  return path;
}

function valueText({ value }: Pick<Described, 'value'>): string {
  return cut(plain(Array.isArray(value) ? `[${value.join(', ')}]` : String(value)), LONGEST_VALUE);
}

function originText(origin: Origin): string {
  switch (origin.kind) {
    case 'file':
      return `${origin.place.file}:${origin.place.line}`;
    case 'default':
      return origin.source ? `default ${origin.name} (${origin.source})` : `default ${origin.name}`;
    case 'derived':
      return `from ${origin.from}`;
  }
}
