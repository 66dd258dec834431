import { spawn } from 'node:child_process';
import type { UnixUser } from '@islet/supervise';
import { LIMITS } from './options.ts';

export interface Finished {
  readonly code: number | undefined;
  /** The end of stdout and stderr, as they came; of a program that can't be started, why. */
  readonly output: string;
}

export interface RunOptions {
  readonly user: UnixUser | undefined;
  readonly cwd: string;
  readonly signal: AbortSignal;
}

/** PostgreSQL's programs speak one language and live in one time zone, whatever the machine's settings. */
export const ENVIRONMENT = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' } as const;

/** Runs a short program as a service's user, to its end. Throws only when it is told to give up. */
export async function runAs(
  argv: readonly [string, ...string[]],
  { user, cwd, signal }: RunOptions,
): Promise<Finished> {
  signal.throwIfAborted();
  const [program, ...rest] = argv;
  const identity = user ? { uid: user.uid, gid: user.gid } : {};
  const ended = Promise.withResolvers<number | undefined>();
  let output = '';
  const child = spawn(program, rest, { ...identity, cwd, env: ENVIRONMENT, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-LIMITS.outputBytes);
    });
  }
  child.on('error', (error) => {
    output += error.message;
    ended.resolve(undefined);
  });
  child.on('close', (code) => ended.resolve(code ?? undefined));
  const kill = () => child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  try {
    const code = await ended.promise;
    signal.throwIfAborted();
    return { code, output };
  } finally {
    signal.removeEventListener('abort', kill);
  }
}
