import type { Frame, Thrown } from '../thrown.ts';

const BEGIN = 'Traceback (most recent call last):';
const FRAME = /^\s+File "(.+)", line (\d+)(?:, in (.+))?$/;
const END = /^([A-Za-z_][\w.]*)(?::\s?(.*))?$/;

/**
 * CPython's form: the outermost frame first, the source line below each, and `type: message` at the end. Of a chain, the last
 * traceback is what was not caught; what it came from stands before it.
 */
export function parsePython(lines: readonly string[]): Thrown | undefined {
  const begin = lines.findLastIndex((line) => line.trim().endsWith(BEGIN));
  if (begin === -1) return undefined;
  const indent = /^\s*/.exec(lines[begin] ?? '')?.[0].length ?? 0;
  const frames: Frame[] = [];
  for (let at = begin + 1; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const match = FRAME.exec(line);
    if (match !== null) {
      const [, file = '', row, name = '<module>'] = match;
      frames.unshift({ function: name, file, line: Number(row), column: undefined, inApp: isInApp(file) });
      continue;
    }
    if (/^\s/.test(line.slice(indent)) || line.trim() === '') continue;
    const [, type = '', message = ''] = END.exec(line.slice(indent)) ?? [];
    return type === '' ? undefined : { type, message: [message, ...restOf(lines, at)].join('\n').trim(), frames };
  }
  return undefined;
}

/** A message of several lines goes on until a blank one. */
function restOf(lines: readonly string[], at: number): readonly string[] {
  const rest = lines.slice(at + 1);
  const end = rest.findIndex((line) => line.trim() === '' || /^(During handling|The above exception)/.test(line));
  return rest.slice(0, end === -1 ? 10 : Math.min(end, 10));
}

function isInApp(file: string): boolean {
  return !/(site-packages|dist-packages|\/lib\/python\d|^<)/.test(file);
}
