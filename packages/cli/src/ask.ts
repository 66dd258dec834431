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
  const output = new Writable({
    write(chunk, _encoding, done) {
      if (!hidden) stderr.write(String(chunk));
      done();
    },
  });
  const lines = createInterface({ input: stdin, output, terminal: true });
  // While a line is read, the terminal is in raw mode and Ctrl-C reaches the reader only.
  const interrupted = new AbortController();
  lines.once('SIGINT', () => interrupted.abort());
  if (hidden) stderr.write(question);
  try {
    return await lines.question(hidden ? '' : question, { signal: AbortSignal.any([signal, interrupted.signal]) });
  } finally {
    lines.close();
    if (hidden || interrupted.signal.aborted) stderr.write('\n');
  }
}
