import type { Frame, Thrown } from '../thrown.ts';

const PANIC = /(?:^|\s)(?:panic(?: serving [^:]+:\d+)?|fatal error): (.+)$/;
const GOROUTINE = /^goroutine \d+ (?:gp=\S+ m=\S+ (?:mp=\S+ )?)?\[.+\]:$/;
const PLACE = /^\s+(\S.*\.(?:go|s)):(\d+)(?: \+0x[0-9a-f]+)?$/;

/**
 * Go's form: `panic: message`, then for the goroutine that ended the function and, below it, its file. net/http catches panics of
 * handlers and prints `http: panic serving address: message`.
 */
export function parseGo(lines: readonly string[]): Thrown | undefined {
  const goroutine = lines.findIndex((line) => GOROUTINE.test(line.trim()));
  if (goroutine === -1) return undefined;
  const head = lines.slice(0, goroutine + 1).findLast((line) => PANIC.test(line));
  if (head === undefined) return undefined;
  const text = (PANIC.exec(head)?.[1] ?? '').replace(/ \[recovered\].*$/, '').trim();
  const frames: Frame[] = [];
  for (let at = goroutine + 1; at + 1 < lines.length; at += 2) {
    const place = PLACE.exec(lines[at + 1] ?? '');
    if (place === null) break;
    const [, file = '', row] = place;
    const name = nameOf(lines[at] ?? '');
    frames.push({ function: name, file, line: Number(row), column: undefined, inApp: isInApp(name, file) });
  }
  const isRuntime = text.startsWith('runtime error: ');
  return {
    type: isRuntime ? 'runtime error' : head.includes('fatal error: ') ? 'fatal error' : 'panic',
    message: isRuntime ? text.slice('runtime error: '.length) : text,
    frames,
  };
}

function isInApp(name: string, file: string): boolean {
  if (/^(panic|runtime[./]|testing\.|net\/http\.)/.test(name)) return false;
  return !/(\/pkg\/mod\/|\/vendor\/|\/go(-[\d.]+)?\/src\/|\/golang\S*\/src\/)/.test(file);
}

/** `main.(*Server).handle({0x1, 0x2}, ...)`: without the arguments, which differ each time. */
function nameOf(line: string): string {
  const text = line.trim().replace(/^created by (.*?)(?: in goroutine \d+)?$/, '$1');
  return /^(.*)\([^()]*\)$/.exec(text)?.[1] ?? text;
}
