import { spawn } from 'node:child_process';
import { pipeline } from 'node:stream/promises';
import type { UnixUser } from './model.ts';

export interface Finished {
  readonly code: number | undefined;
  /** The end of stdout and stderr, as they came; of a program that can't be started, why. */
  readonly output: string;
}

export interface RunOptions {
  readonly user: UnixUser | undefined;
  readonly cwd: string;
  /** All of it: nothing of Islet's own goes along. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** What it reads; absent: nothing. */
  readonly input?: AsyncIterable<Uint8Array> | string;
}

const OUTPUT_BYTES = 64 * 1024;

/** Runs a program as a service's user, to its end. Throws only when it is told to give up, or `input` fails. */
export async function runAs(
  argv: readonly [string, ...string[]],
  { user, cwd, env, signal, input = '' }: RunOptions,
): Promise<Finished> {
  signal.throwIfAborted();
  const [program, ...rest] = argv;
  const identity = user ? { uid: user.uid, gid: user.gid } : {};
  const ended = Promise.withResolvers<number | undefined>();
  let output = '';
  const child = spawn(program, rest, { ...identity, cwd, env: { ...env }, stdio: 'pipe' });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-OUTPUT_BYTES);
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
    // One that ends before it has read everything says why by its exit.
    const fed = pipeline(typeof input === 'string' ? [input] : input, child.stdin).catch((error: unknown) => {
      if (!isClosedPipe(error)) {
        kill();
        throw error;
      }
    });
    const [code] = await Promise.all([ended.promise, fed]);
    signal.throwIfAborted();
    return { code, output };
  } finally {
    signal.removeEventListener('abort', kill);
  }
}

function isClosedPipe(error: unknown): boolean {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return code === 'EPIPE' || code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE';
}
