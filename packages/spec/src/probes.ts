import { parse } from 'yaml';

/** A request that may be made up at any time: it changes nothing. */
export interface ProbeRequest {
  readonly method: 'GET' | 'HEAD' | 'OPTIONS';
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);
const REQUEST_LINE = /^([A-Z]+)\s+(\S+)(?:\s+HTTP\/\d(?:\.\d)?)?$/;
const FIELD = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):\s*(.*)$/;
const VARIABLE = /^@([\w-]+)\s*=\s*(.*)$/;

/**
 * The safe requests of an `.http` file, as editors send them: requests are parted by `###`, each has a request line,
 * fields, and perhaps a body. Which host it names does not matter; one whose path has a variable of no known value is
 * left out.
 */
export function probesOfSmoke(text: string): readonly ProbeRequest[] {
  const lines = text.split(/\r?\n/);
  const variables = new Map(lines.flatMap((line) => variableOf(line)));
  const known = (written: string) =>
    written.replace(/\{\{\s*([\w-]+)\s*\}\}/g, (whole, name: string) => variables.get(name) ?? whole);
  return text.split(/^###.*$/m).flatMap((part) => requestOf(part, known));
}

function variableOf(line: string): [string, string][] {
  const [, name, value] = VARIABLE.exec(line.trim()) ?? [];
  return name === undefined || value === undefined ? [] : [[name, value.trim()]];
}

function requestOf(part: string, known: (written: string) => string): ProbeRequest[] {
  const lines = part.split(/\r?\n/).map((line) => line.trim());
  const begin = lines.findIndex((line) => line !== '' && !/^(#|\/\/|@)/.test(line));
  const [, method, target] = REQUEST_LINE.exec(known(lines[begin] ?? '')) ?? [];
  const path = target && pathOf(target);
  if (method === undefined || !SAFE.has(method) || path === undefined) return [];
  const rest = lines.slice(begin + 1);
  const end = rest.indexOf('');
  const fields = rest.slice(0, end === -1 ? rest.length : end).map((line) => FIELD.exec(known(line)));
  const headers = fields.flatMap((field) =>
    field?.[1] === undefined ? [] : [[field[1].toLowerCase(), field[2] ?? '']],
  );
  return [{ method: method as ProbeRequest['method'], path, headers: withoutHost(Object.fromEntries(headers)) }];
}

/** `{{host}}/orders`, `http://localhost:8080/orders` and `/orders` are all `/orders`. */
function pathOf(target: string): string | undefined {
  const path = target.replace(/^(\{\{[^}]*\}\}|https?:\/\/[^/?#]*)+/, '').replace(/#.*$/, '');
  const rooted = path === '' ? '/' : path;
  return rooted.startsWith('/') && !rooted.includes('{{') ? rooted : undefined;
}

function withoutHost({ host: _host, ...headers }: Record<string, string>): Record<string, string> {
  return headers;
}

/**
 * The GETs of an OpenAPI document that need nothing to be known: no parameter is required, in the path or elsewhere.
 */
export function probesOfContract(text: string): readonly ProbeRequest[] {
  const { paths } = asRecord(readYaml(text));
  return Object.entries(asRecord(paths)).flatMap(([path, item]) => {
    const { get, parameters } = asRecord(item);
    if (get === undefined || path.includes('{')) return [];
    const asked = [...asList(parameters), ...asList(asRecord(get).parameters)];
    // A reference to a parameter that stands elsewhere may well be one that is required.
    const isFree = asked.every(
      (parameter) => asRecord(parameter).in !== undefined && asRecord(parameter).required !== true,
    );
    return isFree ? [{ method: 'GET' as const, path, headers: {} }] : [];
  });
}

function readYaml(text: string): unknown {
  try {
    return parse(text);
  } catch {
    // Whoever checks contracts tells; here it only means that nothing can be asked.
    return undefined;
  }
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
