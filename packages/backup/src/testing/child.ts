import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** Runs a program of Node to its end, which may be a signal, and gives what it printed. */
export async function runChild(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly how: number | string | null; readonly printed: string }> {
  const { ISLET_FAILPOINT: _none, NODE_TEST_CONTEXT: _context, ...env } = process.env;
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close') as Promise<[number | null, string | null]>;
  const printed = await text(child.stdout);
  const [code, signal] = await ended;
  return { how: signal ?? code, printed };
}
