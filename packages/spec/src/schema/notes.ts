import type { z } from 'zod';
import { type Located, mapOf } from '../located.ts';

/**
 * What a section's schema says beyond what zod can: its shorthand, and which of its keys exclude each other. Kept
 * beside the schema, so that lifting, overlays, errors and the JSON Schema read one truth.
 */
export interface Shorthand {
  /** What may stand instead of the section. */
  readonly written: z.ZodType;
  /** Writes a shorthand out; gives back what isn't one. */
  readonly lift: (node: Located) => Located;
}

export interface Choice {
  readonly keys: readonly string[];
  readonly required: boolean;
}

/** One word stands for the section with that word under this key. */
export function lifted(node: Located, key: string): Located {
  return node.kind === 'scalar' && typeof node.value === 'string' ? mapOf(node.place, { [key]: node }) : node;
}

const shorthands = new WeakMap<z.core.$ZodType, Shorthand>();
const choices = new WeakMap<z.core.$ZodType, Choice>();

export function withShorthand<S extends z.ZodType>(schema: S, shorthand: Shorthand): S {
  shorthands.set(schema, shorthand);
  return schema;
}

export function shorthandOf(schema: z.core.$ZodType): Shorthand | undefined {
  return shorthands.get(schema);
}

/** At most one of the keys may stand in the section. */
export function atMostOneOf<S extends z.ZodObject>(schema: S, keys: readonly string[]): S {
  return chosen(schema, { keys, required: false });
}

export function exactlyOneOf<S extends z.ZodObject>(schema: S, keys: readonly string[]): S {
  return chosen(schema, { keys, required: true });
}

function chosen<S extends z.ZodObject>(schema: S, choice: Choice): S {
  const refined = schema.superRefine((value, context) => {
    const found = choice.keys.filter((key) => Object.hasOwn(value, key));
    if (found.length > 1) {
      const message = `${found.map((key) => `"${key}"`).join(' and ')} exclude each other`;
      context.addIssue({ code: 'custom', message, path: [found[1] ?? ''], params: { hint: 'keep one of them' } });
    }
    if (found.length === 0 && choice.required) {
      const message = `one of ${choice.keys.map((key) => `"${key}"`).join(', ')} is required`;
      context.addIssue({ code: 'custom', message, params: { rule: 'required' } });
    }
  });
  choices.set(refined, choice);
  return refined;
}

export function choiceOf(schema: z.core.$ZodType): Choice | undefined {
  return choices.get(schema);
}
