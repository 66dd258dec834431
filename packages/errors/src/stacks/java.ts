import type { Frame, Thrown } from '../thrown.ts';

const FRAME =
  /^\s+at (?:[\w.$-]+\/)*([\w.$<>]+)\.([\w$<>]+)\((?:([\w$-]+\.(?:java|kt|scala|groovy))(?::(\d+))?|Native Method|Unknown Source)\)/;
const HEAD = /^(?:Exception in thread "[^"]*" |Caused by: )?([a-zA-Z_][\w$]*(?:\.[a-zA-Z_][\w$]*)+)(?:: (.*))?$/;
const LIBRARIES =
  /^(java|javax|jdk|sun|com\.sun|jakarta|kotlin|scala|groovy|org\.(springframework|apache|hibernate|eclipse|junit|slf4j)|io\.(netty|grpc|quarkus|micronaut|opentelemetry)|ch\.qos|com\.(google|fasterxml|zaxxer))\./;

/** The JVM's form. Wrappers say little: the last `Caused by` is what was thrown first, and where. */
export function parseJava(lines: readonly string[]): Thrown | undefined {
  if (!lines.some((line) => FRAME.test(line))) return undefined;
  const cause = lines.findLastIndex((line) => line.trimStart().startsWith('Caused by: '));
  const from = cause === -1 ? headBefore(lines) : cause;
  const [, type, message = ''] = HEAD.exec(lines[from]?.trim() ?? '') ?? [];
  if (type === undefined) return undefined;
  const below = lines.slice(from + 1);
  const first = below.findIndex((line) => FRAME.test(line));
  const end = below.findIndex((line, index) => index > first && !FRAME.test(line));
  return {
    type,
    message: [message, ...below.slice(0, Math.max(0, first))].join('\n').trim(),
    frames: below.slice(Math.max(0, first), end === -1 ? undefined : end).flatMap(frameOf),
  };
}

function headBefore(lines: readonly string[]): number {
  const first = lines.findIndex((line) => FRAME.test(line));
  return lines.slice(0, first).findLastIndex((line) => HEAD.test(line.trim()));
}

function frameOf(line: string): Frame[] {
  const match = FRAME.exec(line);
  if (match === null) return [];
  const [, type = '', method = '', file, row] = match;
  // Lambdas and proxies are numbered in the order in which they come to be.
  const stable = `${type}.${method}`.replace(/\$\$[\w$]+|\$\d+|lambda\$(\w+)\$\d+/g, (_, name = '') => name);
  return [
    {
      function: stable,
      file,
      line: row === undefined ? undefined : Number(row),
      column: undefined,
      inApp: !LIBRARIES.test(`${type}.`),
    },
  ];
}
