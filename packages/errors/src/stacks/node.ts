import type { Frame, Thrown } from '../thrown.ts';

const FRAME =
  /^\s+at (?:async )?(?:(.+?) \()?((?:file:\/\/|node:|\/|[A-Za-z]:\\|webpack:|evalmachine|<anonymous>)[^()]*?)(?::(\d+):(\d+))?\)?$/;
/** At the line's end, behind whatever a logger put there. */
const USUAL =
  /(?:^|[\s:([])((?:[A-Za-z_$][\w$]*\.)*[A-Za-z_$]*(?:Error|Exception|Rejection|Fault|Failure))(?: \[[^\]]+\])?(?::\s?(.*))?$/;
/** Classes may have any name, if it is all that stands there. */
const ANY = /^\s*(?:Uncaught )?([A-Za-z_$][\w$.]*)(?: \[[^\]]+\])?(?::\s?(.*))?$/;
/** What Islet itself loads into a service, to trace it. */
const INSTRUMENT = /\/instrument\/node-[0-9a-f]+\.cjs$/;
/** What may be in front of a log line's error. */
const LOOK_BACK = 20;

/**
 * V8's form: `Type: message`, which may go over several lines, then `    at function (file:line:column)`. An exception that
 * ends the process has the source line before it, and the runtime's version after it.
 */
export function parseNode(lines: readonly string[]): Thrown | undefined {
  const first = lines.findIndex((line) => FRAME.test(line));
  if (first < 1) return undefined;
  const head = headBefore(lines, first);
  if (head === undefined) return undefined;
  const end = lines.findIndex((line, index) => index > first && !/^\s+at /.test(line));
  const frames = lines.slice(first, end === -1 ? undefined : end).flatMap(frameOf);
  const message = [head.start, ...lines.slice(head.at + 1, first)].join('\n').trim();
  return { type: head.type, message, frames };
}

interface Head {
  readonly at: number;
  readonly type: string;
  readonly start: string;
}

/** The nearest line that looks like a type and a message; of a message of several lines, its first one. */
function headBefore(lines: readonly string[], first: number): Head | undefined {
  for (let at = first - 1; at >= Math.max(0, first - LOOK_BACK); at--) {
    const [, type, start = ''] = USUAL.exec(lines[at] ?? '') ?? [];
    if (type !== undefined) return { at, type, start };
  }
  const [, type, start = ''] = ANY.exec(lines[first - 1] ?? '') ?? [];
  return type === undefined ? undefined : { at: first - 1, type, start };
}

function frameOf(line: string): Frame[] {
  const match = FRAME.exec(line);
  if (match === null) return [];
  const [, name = '<anonymous>', place = '', row, column] = match;
  const file = place.replace(/^file:\/\//, '').replace(/\?.*$/, '');
  const inApp = file.startsWith('/') && !file.includes('/node_modules/') && !INSTRUMENT.test(file);
  return [{ function: name.replace(/^new /, ''), file, line: numberOf(row), column: numberOf(column), inApp }];
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}
