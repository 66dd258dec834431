import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { Context } from './context.ts';

export interface AskOptions {
  /** What is typed is not shown. */
  readonly hidden?: boolean;
}

/** Asks the person at the terminal; undefined: there is none. */
export async function ask(
  { stdin, stderr, signal }: Context,
  question: string,
  { hidden = false }: AskOptions = {},
): Promise<string | undefined> {
  if (!stdin.isTTY || !stderr.terminal) return undefined;
  stderr.write(question);
  const output = new Writable({
    write(chunk, _encoding, done) {
      if (!hidden) stderr.write(String(chunk));
      done();
    },
  });
  const lines = createInterface({ input: stdin, output, terminal: true });
  try {
    return await lines.question('', { signal: interruptedBy(lines, signal) });
  } finally {
    lines.close();
    if (hidden) stderr.write('\n');
  }
}

/** While a line is read, the terminal is in raw mode and Ctrl-C reaches the reader only. */
function interruptedBy(lines: ReturnType<typeof createInterface>, signal: AbortSignal): AbortSignal {
  const controller = new AbortController();
  lines.on('SIGINT', () => {
    controller.abort(new DOMException('interrupted', 'AbortError'));
    process.kill(process.pid, 'SIGINT');
  });
  return AbortSignal.any([signal, controller.signal]);
}
