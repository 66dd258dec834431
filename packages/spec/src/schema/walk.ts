import { z } from 'zod';
import { type Located, type LocatedEntry, type LocatedMap, type Path, replaceAt } from '../located.ts';
import { choiceOf, shorthandOf } from './notes.ts';

/** Walks a schema and a located tree side by side. */

/** The schema below its default, its optionality and its transformation. */
function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodPrefault) return unwrap(schema.def.innerType);
  if (schema instanceof z.ZodPipe) return unwrap(schema.def.in);
  return schema;
}

function childSchema(schema: z.core.$ZodType, key: PropertyKey): z.core.$ZodType | undefined {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject) {
    const shape = inner.def.shape as Readonly<Record<string, z.core.$ZodType>>;
    return Object.hasOwn(shape, key) ? shape[String(key)] : undefined;
  }
  if (inner instanceof z.ZodRecord) return inner.def.valueType;
  if (inner instanceof z.ZodArray) return inner.def.element;
  if (inner instanceof z.ZodUnion) {
    return inner.def.options.map((option) => childSchema(option, key)).find((child) => child !== undefined);
  }
  return undefined;
}

/** The keys that may stand in the section at `path`. */
export function keysAt(schema: z.core.$ZodType, path: Path): readonly string[] {
  const [key, ...rest] = path;
  if (key !== undefined) {
    const child = childSchema(schema, key);
    return child === undefined ? [] : keysAt(child, rest);
  }
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject) return Object.keys(inner.def.shape);
  if (inner instanceof z.ZodUnion) return inner.def.options.flatMap((option) => keysAt(option, []));
  return [];
}

/** Writes every shorthand out, so that checks and overlays see one form only. */
export function lift(schema: z.core.$ZodType, node: Located): Located {
  const inner = unwrap(schema);
  const written = shorthandOf(inner)?.lift(node) ?? node;
  const below = (key: PropertyKey, child: Located) => {
    const childOf = childSchema(inner, key);
    return childOf === undefined ? child : lift(childOf, child);
  };
  if (written.kind === 'list') return { ...written, items: written.items.map((item, index) => below(index, item)) };
  if (written.kind === 'map') {
    const entries = [...written.entries].map(([key, { keyPlace, node: child }]) => {
      return [key, { keyPlace, node: below(key, child) }] as const;
    });
    return { ...written, entries: new Map(entries) };
  }
  return written;
}

/**
 * Lays a tree over another: sections are merged key by key, everything else is replaced. Of keys that exclude each
 * other, the overlay's drives out the other: `{ tcp: true }` over `{ http: /readyz }` is `{ tcp: true }`. Both are
 * lifted.
 */
export function overlay(schema: z.core.$ZodType | undefined, base: Located, over: Located): Located {
  if (base.kind !== 'map' || over.kind !== 'map') return over;
  const inner = schema && unwrap(schema);
  const excluded = inner === undefined ? [] : drivenOut(inner, over);
  let merged: Located = excluded.reduce<Located>((tree, key) => replaceAt(tree, [key], undefined), base);
  for (const [key, entry] of over.entries) {
    const below = base.entries.get(key);
    if (below?.node.kind === 'map' && entry.node.kind === 'map') {
      // A section that both have stands where the base has it: what it lacks, the base lacks.
      const child = inner && childSchema(inner, key);
      merged = withEntry(merged, key, { ...below, node: overlay(child, below.node, entry.node) });
    } else merged = withEntry(merged, key, entry);
  }
  return merged;
}

function drivenOut(schema: z.core.$ZodType, over: LocatedMap): readonly string[] {
  const options = schema instanceof z.ZodUnion ? schema.def.options : [schema];
  const keys = options.flatMap((option) => choiceOf(unwrap(option))?.keys ?? []);
  return keys.some((key) => over.entries.has(key)) ? keys.filter((key) => !over.entries.has(key)) : [];
}

function withEntry(tree: Located, key: string, entry: LocatedEntry): Located {
  return tree.kind === 'map' ? { ...tree, entries: new Map([...tree.entries, [key, entry]]) } : tree;
}
