import { z } from 'zod';
import { islet, servicePart } from './schema/islet.ts';
import { type Choice, choiceOf, shorthandOf } from './schema/notes.ts';
import { service } from './schema/service.ts';

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/**
 * The JSON Schema of one of the two files, for editors: what may be written, with shorthands, defaults, examples and
 * descriptions. Draft 7, which every YAML language server understands.
 */
export function jsonSchema(file: 'islet' | 'service'): JsonSchema {
  const isService = file === 'service';
  const title = isService ? 'service.yaml: one service of a system' : 'islet.yaml: a system';
  const { $schema, ...rest } = written(isService ? service : islet, { isPart: false });
  return Object.assign({ $schema, title }, rest) as JsonSchema;
}

/**
 * What a person writes, not what parsing makes of it. In a part of a file, which an overlay is, nothing is required,
 * and what is left out is not the default's but the file's below.
 */
function written(schema: z.core.$ZodType, options: { readonly isPart: boolean }): JsonSchema {
  return z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-7',
    reused: 'inline',
    override: ({ zodSchema, jsonSchema }) => {
      const json = jsonSchema as JsonSchema;
      // Dropped for what parsing transforms, though they are what a person writes.
      const examples = z.globalRegistry.get(zodSchema)?.examples;
      if (examples !== undefined) Object.assign(json, { examples });
      if (zodSchema === servicePart) replaceWith(json, nested(service, { isPart: true }));
      if (options.isPart) delete json.required;
      // An empty section as a default tells nobody anything; its keys have their own.
      if (options.isPart || isEmpty(json.default)) delete json.default;
      const choice = choiceOf(zodSchema);
      if (choice !== undefined) Object.assign(json, choiceSchema(choice, options));
      const shorthand = shorthandOf(zodSchema);
      if (shorthand !== undefined) replaceWith(json, { anyOf: [nested(shorthand.written, options), { ...json }] });
    },
  }) as JsonSchema;
}

function nested(schema: z.core.$ZodType, options: { readonly isPart: boolean }): JsonSchema {
  const { $schema: _, ...rest } = written(schema, options);
  return rest as JsonSchema;
}

function choiceSchema({ keys, required }: Choice, { isPart }: { readonly isPart: boolean }): JsonSchema {
  const present = keys.map((key) => ({ required: [key] }));
  return { oneOf: required && !isPart ? present : [...present, { not: { anyOf: present } }] };
}

function replaceWith(json: JsonSchema, content: JsonSchema): void {
  for (const key of Object.keys(json)) Reflect.deleteProperty(json, key);
  Object.assign(json, content);
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
