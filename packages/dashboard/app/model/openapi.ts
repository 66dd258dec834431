import { parse } from 'yaml';

/** What a form needs of an OpenAPI document (3.0 and 3.1; Swagger 2 is told as a problem). */
export interface Operation {
  readonly key: string;
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly parameters: readonly Parameter[];
  /** An example to begin with; undefined: it takes no body. */
  readonly body: string | undefined;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly example: string;
  readonly description: string;
}

export type ReadApi =
  | { readonly kind: 'api'; readonly operations: readonly Operation[] }
  | { readonly kind: 'unreadable'; readonly why: string };

type Json = Readonly<Record<string, unknown>>;

const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options'] as const;
const DEPTH = 6;

export function readOpenApi(text: string): ReadApi {
  let document: unknown;
  try {
    document = parse(text, { maxAliasCount: 100 });
  } catch (error) {
    return { kind: 'unreadable', why: (error as Error).message };
  }
  if (!isObject(document) || typeof document.openapi !== 'string' || !document.openapi.startsWith('3.')) {
    return { kind: 'unreadable', why: 'it is no OpenAPI document of version 3' };
  }
  const root = document;
  const operations = Object.entries(objectOf(root.paths)).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = objectOf(item)[method];
      return isObject(operation) ? [operationOf({ root, path, method, item: objectOf(item), operation })] : [];
    }),
  );
  return { kind: 'api', operations };
}

interface Found {
  readonly root: Json;
  readonly path: string;
  readonly method: string;
  readonly item: Json;
  readonly operation: Json;
}

function operationOf({ root, path, method, item, operation }: Found): Operation {
  const declared = [...listOf(item.parameters), ...listOf(operation.parameters)].map((one) => resolve(one, root));
  const content = objectOf(objectOf(resolve(operation.requestBody, root)).content);
  const media = content['application/json'] ?? Object.values(content)[0];
  return {
    key: `${method.toUpperCase()} ${path}`,
    method: method.toUpperCase(),
    path,
    summary: textOf(operation.summary ?? operation.description),
    parameters: declared.flatMap((one) => parameterOf(one, root)),
    body: media === undefined ? undefined : JSON.stringify(exampleOf(objectOf(media), root), null, 2),
  };
}

function parameterOf(parameter: Json, root: Json): readonly Parameter[] {
  const place = parameter.in;
  if (place !== 'path' && place !== 'query' && place !== 'header') return [];
  const schema = resolve(parameter.schema, root);
  const example = parameter.example ?? schema.example ?? schema.default;
  return [
    {
      name: textOf(parameter.name),
      in: place,
      required: parameter.required === true || place === 'path',
      example: example === undefined ? '' : String(example),
      description: textOf(parameter.description),
    },
  ];
}

function exampleOf(media: Json, root: Json): unknown {
  if (media.example !== undefined) return media.example;
  const [first] = Object.values(objectOf(media.examples));
  if (isObject(first) && first.value !== undefined) return first.value;
  return sampleOf(resolve(media.schema, root), root, 0);
}

/** A value that a schema describes, for a person to change. */
function sampleOf(schema: Json, root: Json, depth: number): unknown {
  const given =
    schema.example ?? listOf(schema.examples)[0] ?? schema.default ?? schema.const ?? listOf(schema.enum)[0];
  if (given !== undefined) return given;
  if (depth > DEPTH) return null;
  const next = (part: unknown) => sampleOf(resolve(part, root), root, depth + 1);
  const parts = listOf(schema.allOf);
  if (parts.length > 0) return Object.assign({}, ...parts.map((part) => objectOf(next(part))));
  const [choice] = [...listOf(schema.oneOf), ...listOf(schema.anyOf)];
  if (choice !== undefined) return next(choice);
  const [type] = Array.isArray(schema.type) ? schema.type : [schema.type];
  if (type === 'array') return [next(schema.items)];
  if (type === 'object' || schema.properties !== undefined) {
    return Object.fromEntries(Object.entries(objectOf(schema.properties)).map(([name, part]) => [name, next(part)]));
  }
  return type === 'integer' || type === 'number' ? 0 : type === 'boolean' ? false : '';
}

/** What a reference within the document leads to; one that leads elsewhere, or in a circle, is empty. */
function resolve(value: unknown, root: Json): Json {
  let found = objectOf(value);
  for (let steps = 0; typeof found.$ref === 'string' && steps < DEPTH; steps++) {
    if (!found.$ref.startsWith('#/')) return {};
    const names = found.$ref
      .slice(2)
      .split('/')
      .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
    found = objectOf(names.reduce<unknown>((part, name) => objectOf(part)[name], root));
  }
  return found;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function objectOf(value: unknown): Json {
  return isObject(value) ? value : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The address of a call: path parameters filled in, those of the query behind it. */
export function addressOf({ path, parameters }: Operation, values: Readonly<Record<string, string>>): string {
  const filled = path.replace(/\{([^}]+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''));
  const query = parameters.filter(({ in: place, name }) => place === 'query' && (values[name] ?? '') !== '');
  const search = new URLSearchParams(query.map(({ name }) => [name, values[name] ?? '']));
  return query.length === 0 ? filled : `${filled}?${search}`;
}
