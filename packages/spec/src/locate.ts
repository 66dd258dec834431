import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type Scalar } from 'yaml';
import type { SpecError } from './errors.ts';
import { LIMITS } from './limits.ts';
import type { Located, LocatedEntry, LocatedMap } from './located.ts';
import type { Place } from './model.ts';
import { syntaxProblems } from './syntax.ts';

export interface LocatedFile {
  readonly root: Located;
  readonly errors: readonly SpecError[];
  /** The text is not YAML, so that what `root` lacks says nothing. */
  readonly broken: boolean;
}

/**
 * Text to a tree in which every value and key has its place, and every mistake of YAML itself.
 *
 * YAML has more than a specification needs, and some of it is dangerous: anchors that expand to gigabytes or contain
 * themselves (bounded), keys that reach an object's prototype, tags, several documents (refused), numbers in eight
 * notations. A number counts as one only in plain decimal; `0x1F`, `017` and `1e3` stay text, which the schema then
 * refuses where it wants a number, and an environment variable gets as written.
 */
export function locate(file: string, text: string): LocatedFile {
  const start: Place = { file, line: 1, column: 1 };
  const empty: LocatedMap = { kind: 'map', place: start, entries: new Map() };
  if (text.length > LIMITS.fileLength) {
    const message = `the file has ${text.length} characters; at most ${LIMITS.fileLength} are read`;
    return { root: empty, errors: [syntaxError(start, message)], broken: true };
  }
  try {
    return new Locator(file, text).locate(empty);
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    return { root: empty, errors: [syntaxError(start, 'the file is nested too deeply')], broken: true };
  }
}

class Locator {
  readonly #file: string;
  readonly #text: string;
  readonly #lines = new LineCounter();
  readonly #anchors = new Map<string, Node>();
  readonly #errors: SpecError[] = [];
  #nodes = 0;
  #broken = false;

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
  }

  locate(empty: LocatedMap): LocatedFile {
    const document = parseDocument(this.#text, { lineCounter: this.#lines, prettyErrors: false, uniqueKeys: true });
    for (const { offset, message, hint, isFatal } of syntaxProblems(document, this.#text)) {
      this.#errors.push(syntaxError(this.#place(offset), message, hint));
      if (isFatal) this.#broken = true;
    }
    const root = document.contents === null ? empty : this.#node(document.contents, 0);
    const isNothing = root.kind === 'scalar' && root.value === null;
    return { root: isNothing ? empty : root, errors: this.#errors, broken: this.#broken };
  }

  #node(node: Node, depth: number): Located {
    const place = this.#place(node.range?.[0] ?? 0);
    this.#nodes += 1;
    if (this.#nodes > LIMITS.nodes || depth > LIMITS.depth) return this.#tooMuch(place);
    if (isAlias(node)) {
      const target = this.#anchors.get(node.source);
      if (target !== undefined) return this.#node(target, depth + 1);
      return this.#refuse(place, `no anchor "&${node.source}" stands before this`);
    }
    if ('anchor' in node && typeof node.anchor === 'string') this.#anchors.set(node.anchor, node);
    if (isSeq<Node>(node)) {
      return { kind: 'list', place, items: node.items.map((item) => this.#node(item, depth + 1)) };
    }
    if (isMap<Node, Node | null>(node)) {
      const entries = new Map<string, LocatedEntry>();
      for (const { key, value } of node.items) {
        const keyPlace = this.#place(key.range?.[0] ?? 0);
        const name = this.#keyName(key, keyPlace);
        // Of two equal keys, which are an error already, the first one is checked further.
        if (name === undefined || entries.has(name)) continue;
        entries.set(name, { keyPlace, node: value === null ? nothing(keyPlace) : this.#node(value, depth + 1) });
      }
      return { kind: 'map', place, entries };
    }
    if (isScalar(node)) return this.#scalar(node, place);
    return this.#refuse(place, 'this is not a value');
  }

  #scalar(node: Scalar, place: Place): Located {
    const text = node.source ?? '';
    const raw = this.#text.slice(node.range?.[0] ?? 0, node.range?.[1] ?? 0);
    const { value } = node;
    if (value === null || typeof value === 'boolean') return { kind: 'scalar', place, value, text, raw };
    const isNumber = typeof value === 'number' && PLAIN_DECIMAL.test(text);
    return { kind: 'scalar', place, value: isNumber ? value : text, text, raw };
  }

  #keyName(key: Node, place: Place): string | undefined {
    const name = isScalar(key) ? (key.source ?? String(key.value)) : undefined;
    if (name !== undefined && !PROTOTYPE_KEYS.has(name)) return name;
    this.#errors.push(
      name === undefined
        ? syntaxError(place, 'a key must be plain text')
        : syntaxError(place, `"${name}" can't be a key`, 'choose another name'),
    );
    return undefined;
  }

  #refuse(place: Place, message: string): Located {
    this.#errors.push(syntaxError(place, message));
    this.#broken = true;
    return nothing(place);
  }

  #tooMuch(place: Place): Located {
    const message = `the file holds more than ${LIMITS.nodes} values or ${LIMITS.depth} levels, anchors expanded`;
    // Once over the limit, every further value is; one error says it.
    if (this.#errors.every((error) => error.message !== message)) this.#refuse(place, message);
    return nothing(place);
  }

  #place(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.#file, line: Math.max(line, 1), column: Math.max(col, 1) };
  }
}

const PLAIN_DECIMAL = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?$/;
const PROTOTYPE_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

function nothing(place: Place): Located {
  return { kind: 'scalar', place, value: null, text: '', raw: '' };
}

function syntaxError(place: Place, message: string, hint?: string): SpecError {
  return { place, path: '', rule: 'syntax', message, found: undefined, hint };
}
