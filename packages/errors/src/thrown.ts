import { parseGo } from './stacks/go.ts';
import { parseJava } from './stacks/java.ts';
import { parseNode } from './stacks/node.ts';
import { parsePython } from './stacks/python.ts';

/** Something that was thrown, in whatever language. */
export interface Thrown {
  /** `TypeError`, `java.lang.IllegalStateException`, `panic`. */
  readonly type: string;
  readonly message: string;
  /** The innermost first: where it was thrown. */
  readonly frames: readonly Frame[];
}

export interface Frame {
  readonly function: string;
  /** Undefined where only a class is known. */
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly column: number | undefined;
  /** Of the service itself: neither of the language nor of a library. */
  readonly inApp: boolean;
}

/** Longer texts are cut: whoever prints a megabyte of stack says no more by it. */
const LONGEST = 64 * 1024;
/** What a pattern may have to look at: services write what they like. */
const LONGEST_LINE = 1_000;

/** The first stack in a text; undefined: there is none. Each language's own form is unlike the others'. */
export function parseThrown(text: string): Thrown | undefined {
  const lines = text
    .slice(0, LONGEST)
    .split(/\r?\n/)
    .map((line) => line.slice(0, LONGEST_LINE));
  return parsePython(lines) ?? parseGo(lines) ?? parseJava(lines) ?? parseNode(lines);
}
