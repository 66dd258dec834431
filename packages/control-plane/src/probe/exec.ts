import { spawn } from 'node:child_process';
import type { CommandPlace } from '@islet/driver';

/** Where a probe's command runs: beside the instance, as its user, with its environment. */
export interface ProbePlace extends CommandPlace {
  readonly signal: AbortSignal;
}

/** Runs a shell command; resolves to its exit code. The signal ends it with all that it started. */
export function runProbe(command: string, { argv, cwd, env, signal }: ProbePlace): Promise<number> {
  const [program = '/bin/sh', ...args] = [...argv, '/bin/sh', '-c', command];
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const child = spawn(program, args, { cwd, env, stdio: 'ignore', detached: true });
    const end = () => endGroup(child.pid);
    signal.addEventListener('abort', end, { once: true });
    child.once('error', reject);
    child.once('exit', (code) => {
      signal.removeEventListener('abort', end);
      resolve(code ?? 1);
    });
  });
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}
