import type { Place } from './model.ts';

/** A YAML value that still knows where each part of it stands. */
export type Located = LocatedScalar | LocatedMap | LocatedList;

export interface LocatedScalar {
  readonly kind: 'scalar';
  readonly place: Place;
  readonly value: string | number | boolean | null;
  /** As written, unquoted: `1.10` where `value` is 1.1. */
  readonly text: string;
  /** The characters of the file, quotes and all: places inside the scalar are counted in them. */
  readonly raw: string;
}

export interface LocatedMap {
  readonly kind: 'map';
  readonly place: Place;
  readonly entries: ReadonlyMap<string, LocatedEntry>;
}

export interface LocatedEntry {
  readonly keyPlace: Place;
  readonly node: Located;
}

export interface LocatedList {
  readonly kind: 'list';
  readonly place: Place;
  readonly items: readonly Located[];
  /** The number that each item had before others were left out; undefined while none was. */
  readonly numbers?: readonly number[];
}

export type Path = readonly PropertyKey[];

export function nodeAt(root: Located, path: Path): Located | undefined {
  let node: Located | undefined = root;
  for (const key of path) {
    if (node?.kind === 'map') node = node.entries.get(String(key))?.node;
    else if (node?.kind === 'list') node = node.items[Number(key)];
    else return undefined;
  }
  return node;
}

/** Where the value at `path` stands; where it is missing, the key of the section that lacks it. */
export function placeAt(root: Located, path: Path): Place {
  return nodeAt(root, path)?.place ?? keyPlaceAt(root, path.slice(0, -1));
}

/** Where the key at `path` stands; for an item of a list, the item; where it is missing, the key of what lacks it. */
export function keyPlaceAt(root: Located, path: Path): Place {
  if (path.length === 0) return { ...root.place, line: 1, column: 1 };
  const parent = nodeAt(root, path.slice(0, -1));
  if (parent?.kind === 'map') {
    const entry = parent.entries.get(String(path.at(-1)));
    if (entry !== undefined) return entry.keyPlace;
  }
  if (parent?.kind === 'list') {
    const item = parent.items[Number(path.at(-1))];
    if (item !== undefined) return item.place;
  }
  return keyPlaceAt(root, path.slice(0, -1));
}

/** The place of the character at `index` of a scalar's raw text. */
export function placeInside(scalar: LocatedScalar, index: number): Place {
  const before = scalar.raw.slice(0, index);
  const lastBreak = before.lastIndexOf('\n');
  if (lastBreak < 0) return { ...scalar.place, column: scalar.place.column + index };
  const line = scalar.place.line + before.split('\n').length - 1;
  return { ...scalar.place, line, column: index - lastBreak };
}

/**
 * All that is written below `path`, by its path: a section and a list where their key stands, a value where it does
 * itself.
 */
export function writtenIn(node: Located, path: Path = []): readonly (readonly [string, Place])[] {
  if (node.kind === 'list')
    return node.items.flatMap((item, index) => writtenBelow(item.place, item, [...path, index]));
  if (node.kind === 'scalar') return [];
  return [...node.entries].flatMap(([key, { keyPlace, node: child }]) => {
    return writtenBelow(child.kind === 'scalar' ? child.place : keyPlace, child, [...path, key]);
  });
}

function writtenBelow(place: Place, node: Located, path: Path): readonly (readonly [string, Place])[] {
  return [[pathText(path), place], ...writtenIn(node, path)];
}

/** The plain value, as a schema checks it. Keys that reach a prototype never get this far. */
export function plainOf(node: Located): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plainOf);
  return Object.fromEntries([...node.entries].map(([key, entry]) => [key, plainOf(entry.node)]));
}

/** A copy with another value at `path`, or without it. */
export function replaceAt(root: Located, path: Path, node: Located | undefined): Located {
  const [key, ...rest] = path;
  if (key === undefined) return node ?? root;
  if (root.kind === 'map') {
    const entries = new Map(root.entries);
    const name = String(key);
    const old = entries.get(name);
    const next = rest.length === 0 ? node : old && replaceAt(old.node, rest, node);
    if (next === undefined) entries.delete(name);
    else entries.set(name, { keyPlace: old?.keyPlace ?? next.place, node: next });
    return { ...root, entries };
  }
  if (root.kind === 'list') {
    const index = Number(key);
    const item = root.items[index];
    const next = rest.length === 0 ? node : item && replaceAt(item, rest, node);
    if (next !== undefined) return { ...root, items: root.items.with(index, next) };
    const numbers = root.numbers ?? [...root.items.keys()];
    return { ...root, items: root.items.toSpliced(index, 1), numbers: numbers.toSpliced(index, 1) };
  }
  return root;
}

export function scalar(value: string | number | boolean, place: Place): LocatedScalar {
  return { kind: 'scalar', place, value, text: String(value), raw: String(value) };
}

/** A map whose keys all stand where its first value stands: what a shorthand is written out to. */
export function mapOf(place: Place, fields: Readonly<Record<string, Located | undefined>>): LocatedMap {
  const entries = Object.entries(fields).flatMap(([key, node]) =>
    node === undefined ? [] : [[key, { keyPlace: place, node }] as const],
  );
  return { kind: 'map', place, entries: new Map(entries) };
}

/** The path as the file has it: items that were left out count. */
export function writtenPath(root: Located, path: Path): Path {
  return path.map((key, depth) => {
    const parent = nodeAt(root, path.slice(0, depth));
    return parent?.kind === 'list' ? (parent.numbers?.[Number(key)] ?? key) : key;
  });
}

/** `api.expose[0].path` */
export function pathText(path: Path): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
}
