import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Context } from './context.ts';
import type { ExitCode } from './exit-codes.ts';
import { UsageError } from './failures.ts';
import type { Session } from './session.ts';

/** In a service's folder, with its environment and as its user; the terminal is the command's. */
export async function runAsService(
  context: Context,
  session: Session,
  { service, command }: { readonly service: string; readonly command: readonly string[] },
): Promise<ExitCode> {
  const { cwd, env, prefix } = await session.client.environment({ service }, { signal: context.signal });
  return runCommand([...prefix, ...command], { cwd, env: { ...terminalVariables(context), ...env } });
}

/** What a terminal's programs need beside the service's own variables. */
const TERMINAL_VARIABLES = ['TERM', 'COLORTERM', 'LANG', 'LC_ALL'];

export function terminalVariables({ env }: Context): Record<string, string> {
  return Object.fromEntries(TERMINAL_VARIABLES.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
}

/** Ctrl-C reaches the child by the terminal; it decides what that means, and we pass on how it ended. */
export function runCommand(
  argv: readonly string[],
  options: { cwd?: string; env: Record<string, string> },
): Promise<ExitCode> {
  const [program = 'sh', ...words] = argv;
  return new Promise((done, fail) => {
    const child = spawn(program, words, { ...options, stdio: 'inherit' });
    child.once('error', (error: NodeJS.ErrnoException) => {
      // EACCES: a folder of the PATH that the service's user may not read hides whether the program is there.
      if (error.code === 'ENOENT' || error.code === 'EACCES')
        fail(new UsageError(`${program} is not on the service's PATH, or may not be run`));
      else fail(error);
    });
    child.once('exit', (code, signal) => done(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}
