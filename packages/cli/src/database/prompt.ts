import { createInterface } from 'node:readline';
import type { Context } from '../context.ts';

/**
 * Statements as they are typed or piped in, each ended by ";" at a line's end or by the end of the input. It knows no
 * grammar: a ";" in the middle of a line is the statement's own. `\\q` on a line of its own ends.
 */
export async function* statements({ stdin, stderr, signal }: Context, name: string): AsyncGenerator<string> {
  const isTerminal = stdin.isTTY === true && stderr.terminal !== undefined;
  const lines = createInterface({ input: stdin, ...(isTerminal ? { output: process.stderr, terminal: true } : {}) });
  const stop = () => lines.close();
  signal.addEventListener('abort', stop, { once: true });
  lines.on('SIGINT', stop);
  const ask = (text: string) => {
    if (!isTerminal) return;
    lines.setPrompt(text);
    lines.prompt();
  };
  let statement = '';
  try {
    ask(`${name}> `);
    for await (const line of lines) {
      if (statement === '' && QUIT.has(line.trim())) return;
      statement += statement === '' ? line : `\n${line}`;
      if (line.trimEnd().endsWith(';')) {
        yield statement;
        statement = '';
      }
      if (statement.trim() === '') statement = '';
      ask(statement === '' ? `${name}> ` : `${' '.repeat(name.length)}- `);
    }
    if (statement !== '') yield statement;
  } finally {
    signal.removeEventListener('abort', stop);
    lines.close();
  }
}

const QUIT: ReadonlySet<string> = new Set(['\\q', 'exit', 'quit']);
