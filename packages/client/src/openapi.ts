import { z } from 'zod';
import { contract, type RouteShape } from './contract.ts';
import { API_ERRORS } from './errors.ts';

/** The control API as an OpenAPI 3.1 document, made of the contract; its schemas are JSON Schema 2020-12. */
export function openApi({ version }: { version: string }): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const [name, shape] of Object.entries(contract) as [string, RouteShape][]) {
    paths[shape.path] = { ...paths[shape.path], [shape.method.toLowerCase()]: operation(name, shape) };
  }
  return {
    openapi: '3.1.0',
    info: { title: "Islet's control API", version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    security: [{ token: [] }],
    paths,
    components: {
      schemas: namedSchemas(),
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      responses: { Error: { description: 'What went wrong', content: json(errorSchema) } },
    },
  };
}

function operation(name: string, shape: RouteShape): object {
  const media = shape.stream ? 'application/x-ndjson' : 'application/json';
  return {
    operationId: name,
    summary: shape.summary,
    parameters: [...parameters(shape.params, 'path'), ...parameters(shape.query, 'query')],
    ...(shape.body && { requestBody: { required: true, content: json(schemaOf(shape.body, 'input')) } }),
    responses: {
      200: {
        description: shape.stream ? 'One JSON value a line, until the caller goes away' : 'The answer',
        content: { [media]: { schema: schemaOf(shape.response, 'output') } },
      },
      default: { $ref: '#/components/responses/Error' },
    },
  };
}

function parameters(schema: z.ZodType | undefined, place: 'path' | 'query'): object[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    properties?: Record<string, object>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: required.includes(name),
    schema: property,
  }));
}

/** A schema that has an `id` becomes a reference to the components; what it is made of stands there. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output'): object {
  const id = schema.meta()?.id;
  if (id !== undefined) return { $ref: `#/components/schemas/${id}` };
  const { $defs: _, $schema: __, ...inline } = z.toJSONSchema(schema, { io });
  return relink(inline);
}

function namedSchemas(): Record<string, object> {
  const { schemas } = z.toJSONSchema(z.globalRegistry, {
    io: 'input',
    uri: (id) => `#/components/schemas/${id}`,
  });
  const named = Object.entries(schemas).map(([id, schema]) => {
    const { $id: _, $schema: __, id: ___, ...rest } = schema as Record<string, unknown>;
    return [id, rest] as const;
  });
  return Object.fromEntries(named.sort(([a], [b]) => a.localeCompare(b)));
}

function relink<T extends object>(schema: T): T {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as T;
}

function json(schema: object): object {
  return { 'application/json': { schema } };
}

const errorSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message'],
      properties: {
        code: { enum: Object.keys(API_ERRORS) },
        message: { type: 'string' },
        hint: { type: 'string', description: 'What to do next' },
        errors: { type: 'array', items: { type: 'object' }, description: "Every mistake in the system's files" },
      },
    },
  },
};
