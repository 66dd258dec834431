import { parsePattern } from './path-pattern.ts';

/**
 * Which of a service's routes a request belongs to: its path against patterns such as `/orders/{id}` and `/files/**`,
 * and its method. The most specific path wins, part by part from the left: what is written out before a name, a name
 * before `/**`; among routes of one path, the one that names the method.
 *
 * Patterns tried one by one would cost a request more with each route that is declared. In a tree by the parts of the
 * path, a request costs as much as its own path is long, whatever the number of routes. A name may turn out to have
 * been the wrong turn, and then the tree goes back; but each of its nodes is visited once at most.
 */
export class RouteTree<T> {
  readonly #root: Node<T> = newNode();

  constructor(routes: readonly PatternRoute<T>[]) {
    for (const { method, path, value } of routes) {
      const { parts, below } = parsePattern(path);
      const node = parts.reduce(childOf, this.#root);
      const methods = below ? node.below : node.here;
      if (!methods.has(method ?? ANY)) methods.set(method ?? ANY, value);
    }
  }

  /** `path` begins with `/` and has no query; a `/` at its end says nothing. */
  find(method: string, path: string): T | undefined {
    const plain = path.includes('%') ? unescaped(path) : path;
    return find(this.#root, { path: plain, start: 1, end: plain.length - (plain.endsWith('/') ? 1 : 0), method });
  }
}

export interface PatternRoute<T> {
  /** Undefined: any. */
  readonly method: string | undefined;
  readonly path: string;
  readonly value: T;
}

interface Node<T> {
  readonly written: Map<string, Node<T>>;
  named: Node<T> | undefined;
  /** By method. */
  readonly here: Map<string, T>;
  readonly below: Map<string, T>;
}

const ANY = '*';

function newNode<T>(): Node<T> {
  return { written: new Map(), named: undefined, here: new Map(), below: new Map() };
}

function childOf<T>(node: Node<T>, part: string | undefined): Node<T> {
  if (part === undefined) {
    node.named ??= newNode();
    return node.named;
  }
  const child = node.written.get(part) ?? newNode<T>();
  node.written.set(part, child);
  return child;
}

interface Rest {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  readonly method: string;
}

function find<T>(node: Node<T>, { path, start, end, method }: Rest): T | undefined {
  if (start > end) return of(node.here, method) ?? of(node.below, method);
  const slash = path.indexOf('/', start);
  const stop = slash < 0 || slash > end ? end : slash;
  const rest = { path, start: stop + 1, end, method };
  const child = node.written.size === 0 ? undefined : node.written.get(path.slice(start, stop));
  return (
    (child && find(child, rest)) ??
    (node.named && stop > start ? find(node.named, rest) : undefined) ??
    of(node.below, method)
  );
}

function of<T>(methods: ReadonlyMap<string, T>, method: string): T | undefined {
  return methods.size === 0 ? undefined : (methods.get(method) ?? methods.get(ANY));
}

/** `%6f` is an `o`, and to the service the same path: a limit on a route is not got round by spelling it otherwise. */
function unescaped(path: string): string {
  return path.replace(/%([0-9a-f]{2})/gi, (written, hex) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : written.toUpperCase();
  });
}
