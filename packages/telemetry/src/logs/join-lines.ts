/**
 * Which lines are one record. A stack trace is of no use line by line: it can't be searched, counted, or read between those
 * of others. No language marks its traces, so they are known by how each begins and goes on:
 *
 * - indented lines belong to what stands above them (Node, Java, and nearly everything that people print);
 * - Java's `Caused by:` and `Suppressed:` too;
 * - Python: from `Traceback (most recent call last):` to the first line that is not indented, which says what was raised;
 * - Go: from `panic:` or `fatal error:` over all goroutines;
 * - Node's last words: from `file:line` over the line of code to `Node.js v…`.
 *
 * A record ends when a line comes that does not belong to it, when nothing comes for a while, or at its limits.
 */
export interface OpenRecord {
  readonly kind: 'plain' | 'python' | 'go' | 'node' | 'closed';
  readonly lines: readonly string[];
  readonly bytes: number;
}

const JOIN_LIMITS = { lines: 500, bytes: 64 * 1024 } as const;

/** The record with the line, or undefined: the line begins another. */
export function join(open: OpenRecord | undefined, line: string): OpenRecord | undefined {
  if (open === undefined || open.kind === 'closed') return undefined;
  if (open.lines.length >= JOIN_LIMITS.lines || open.bytes + line.length > JOIN_LIMITS.bytes) return undefined;
  const kind = next(open, line);
  return kind && { kind, lines: [...open.lines, line], bytes: open.bytes + line.length + 1 };
}

export function begin(line: string): OpenRecord {
  return { kind: kindOf(line), lines: [line], bytes: line.length };
}

function kindOf(line: string): OpenRecord['kind'] {
  // Whoever writes JSON writes it on one line.
  if (line.startsWith('{') && line.endsWith('}')) return 'closed';
  if (line.includes(PYTHON)) return 'python';
  if (GO.test(line)) return 'go';
  return NODE.test(line) ? 'node' : 'plain';
}

const PYTHON = 'Traceback (most recent call last):';
const GO = /^(?:panic: |fatal error: |goroutine \d+ \[)/;
const NODE = /^(?:\/|file:\/\/|node:)\S*:\d+$/;
const NODE_END = /^Node\.js v\d/;
const INDENTED = /^[ \t]+\S/;
const CHAINED = /^(?:Caused by: |Suppressed: |\s*\.\.\. \d+ (?:more|common frames))/;
const PYTHON_CHAIN = /^(?:During handling of the above exception|The above exception was the direct cause)/;
const GO_GOES_ON = /^(?:$|\t|goroutine \d+ \[|created by |exit status \d+|\[signal |[\w./*()[\]{}·-]+\(.*\)$|panic: )/;

function next({ kind, lines }: OpenRecord, line: string): OpenRecord['kind'] | undefined {
  switch (kind) {
    case 'python':
      return nextOfPython(lines, line);
    case 'go':
      return GO_GOES_ON.test(line) ? 'go' : undefined;
    case 'node':
      if (NODE_END.test(line)) return 'closed';
      return hasFrames(lines) && line !== '' && !INDENTED.test(line) && !/^[}\]]/.test(line) ? undefined : 'node';
    case 'plain':
      if (line.includes(PYTHON)) return undefined;
      // What Node prints of an error ends with the brace that closes its properties.
      if (lines.length > 1 && /^[}\]]+,?$/.test(line)) return 'plain';
      return INDENTED.test(line) || CHAINED.test(line) ? 'plain' : undefined;
    case 'closed':
      return undefined;
  }
}

/** The line that says what was raised may have others below it, and another trace that it led to. */
function nextOfPython(lines: readonly string[], line: string): OpenRecord['kind'] | undefined {
  const last = lines.at(-1) ?? '';
  if (INDENTED.test(line) || line.includes(PYTHON) || PYTHON_CHAIN.test(line)) return 'python';
  if (INDENTED.test(last)) return line === '' ? undefined : 'python';
  return line === '' && !last.includes(PYTHON) && last !== '' ? 'python' : undefined;
}

function hasFrames(lines: readonly string[]): boolean {
  return lines.some((line) => line.startsWith('    at '));
}
