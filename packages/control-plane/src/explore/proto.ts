import { dirname } from 'node:path';
import type { GrpcMethod } from '@islet/client';
import type { Enum, Method, NamespaceBase, ReflectionObject, Root, Service, Type } from 'protobufjs';
import { readContractFile } from './contract-file.ts';

/*
 * A .proto file, read with what it imports, for a person to call its methods with JSON. Messages are put together at run
 * time by protobufjs: there is no generated code for the contracts of others. Loaded only once somebody looks at one.
 */

export type ReadProto =
  | { readonly kind: 'proto'; readonly root: Root; readonly text: string }
  | { readonly kind: 'unreadable'; readonly why: string };

const MAX_FILES = 200;

export interface ProtoPlace {
  /** The system's folder. */
  readonly root: string;
  /** The service's, relative to it. */
  readonly folder: string;
  readonly file: string;
}

export async function readProto({ root: system, folder, file }: ProtoPlace): Promise<ReadProto> {
  const { default: protobuf } = await import('protobufjs');
  const root = new protobuf.Root();
  const first = await readContractFile(system, folder, file);
  if (first.kind === 'unreadable') return { kind: 'unreadable', why: `${file} ${first.why}` };
  const pending = [{ name: file, path: first.path, text: first.text }];
  const seen = new Set<string>([first.path]);
  for (const { name, path, text } of pending) {
    let imports: readonly string[];
    try {
      const parsed = protobuf.parse(text, root, { alternateCommentMode: true, keepCase: true });
      imports = [...(parsed.imports ?? []), ...(parsed.weakImports ?? [])];
    } catch (error) {
      return { kind: 'unreadable', why: `${name}: ${(error as Error).message}` };
    }
    for (const wanted of imports) {
      const known = protobuf.common.get(wanted);
      if (known?.nested !== undefined) {
        if (!seen.has(wanted)) root.addJSON(known.nested);
        seen.add(wanted);
        continue;
      }
      const found = await findImport(system, [dirname(path), folder, '.'], wanted);
      if (found.kind === 'unreadable')
        return { kind: 'unreadable', why: `${name} imports ${wanted}, which ${found.why}` };
      if (seen.has(found.path)) continue;
      if (seen.size >= MAX_FILES) return { kind: 'unreadable', why: `${file} imports more than ${MAX_FILES} files` };
      seen.add(found.path);
      pending.push({ name: wanted, path: found.path, text: found.text });
    }
  }
  try {
    root.resolveAll();
  } catch (error) {
    return { kind: 'unreadable', why: `${file}: ${(error as Error).message}` };
  }
  return { kind: 'proto', root, text: first.text };
}

/** protoc looks below its include paths; here these are the importing file's folder, the service's and the system's. */
async function findImport(system: string, folders: readonly string[], wanted: string) {
  let last: Awaited<ReturnType<typeof readContractFile>> = { kind: 'unreadable', why: 'is not there' };
  for (const folder of folders) {
    last = await readContractFile(system, folder, wanted);
    if (last.kind === 'read') return last;
  }
  return last;
}

/** Every method of every service of the file, with an example to begin with. */
export function methodsOf(root: Root): readonly GrpcMethod[] {
  return servicesOf(root).flatMap((service) =>
    service.methodsArray.map((method) => ({
      path: pathOf(method),
      summary: method.comment ?? '',
      example: JSON.stringify(exampleOf(requestOf(method), 0), null, 2),
      isStreamed: method.responseStream === true || method.requestStream === true,
    })),
  );
}

/** `/shop.Catalog/GetProduct`. */
export function findMethod(root: Root, path: string): Method | undefined {
  return servicesOf(root)
    .flatMap((service) => service.methodsArray)
    .find((method) => pathOf(method) === path);
}

export function requestOf(method: Method): Type {
  return typeOf(method.resolvedRequestType, method.requestType);
}

export function responseOf(method: Method): Type {
  return typeOf(method.resolvedResponseType, method.responseType);
}

function typeOf(type: Type | null, name: string): Type {
  if (type === null) throw new Error(`the message ${name} is not known`);
  return type;
}

function pathOf(method: Method): string {
  return `/${method.parent?.fullName.replace(/^\./, '')}/${method.name}`;
}

function servicesOf(root: Root): readonly Service[] {
  const found: Service[] = [];
  const walk = (node: ReflectionObject) => {
    if ('methodsArray' in node) found.push(node as Service);
    if ('nestedArray' in node) (node as NamespaceBase).nestedArray.forEach(walk);
  };
  root.nestedArray.forEach(walk);
  return found;
}

const DEPTH = 4;

/** A message that a person may change: every field, of the values that it has by default. */
function exampleOf(type: Type, depth: number): unknown {
  if (depth >= DEPTH) return {};
  // Of those of which only one may be set, the first.
  const fields = type.fieldsArray.filter((field) => (field.partOf?.fieldsArray[0] ?? field) === field);
  return Object.fromEntries(
    fields.map((field) => {
      const resolved = field.resolvedType as Type | Enum | null;
      const one =
        resolved === null
          ? zeroOf(field.type)
          : 'values' in resolved
            ? firstOf(resolved)
            : exampleOf(resolved, depth + 1);
      return [field.name, field.map ? {} : field.repeated ? [one] : one];
    }),
  );
}

function firstOf({ values }: Enum): string {
  return Object.keys(values)[0] ?? '';
}

function zeroOf(type: string): string | number | boolean {
  if (type === 'string' || type === 'bytes') return '';
  if (type === 'bool') return false;
  return /64$/.test(type) ? '0' : 0;
}
