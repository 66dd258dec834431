import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import picocolors from 'picocolors';
import type { Context, Output } from './context.ts';

/** Of a terminal that does not say how large it is. */
const USUAL = { columns: 80, rows: 24 } as const;

/** The real world: this process's streams, environment and signals. */
export function realContext(): Context {
  return {
    stdin: process.stdin,
    stdout: output(process.stdout),
    stderr: output(process.stderr),
    env: process.env,
    cwd: process.cwd(),
    signal: interruption(),
    version: ownVersion(),
    entries: {
      get controlPlane() {
        return entry('@islet/control-plane/main');
      },
      get keeper() {
        return entry('@islet/keeper/main');
      },
      get recover() {
        return entry('@islet/control-plane/recover/main');
      },
    },
  };
}

function output(stream: NodeJS.WriteStream): Output {
  // A reader that went away (`islet logs | head`) is the end of our work, not an error.
  stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  const plain = process.env.NO_COLOR || process.env.TERM === 'dumb';
  return {
    write: (text) => void stream.write(text),
    get terminal() {
      return terminalOf(stream);
    },
    colours: picocolors.createColors(stream.isTTY === true && !plain),
  };
}

/** One that says 0 (a new pseudo-terminal, a serial line) has no size that it knows; nothing at all would be shown on it. */
export function terminalOf({
  isTTY,
  columns,
  rows,
}: Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'rows'>): Output['terminal'] {
  return isTTY ? { columns: columns || USUAL.columns, rows: rows || USUAL.rows } : undefined;
}

/** The first Ctrl-C asks to end in order; the second ends at once. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(new DOMException('interrupted', 'AbortError'));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  return controller.signal;
}

function ownVersion(): string {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;
}

function entry(specifier: string): string {
  return fileURLToPath(import.meta.resolve(specifier));
}
