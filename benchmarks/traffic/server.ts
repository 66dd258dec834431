import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import { listens, until } from '../support/poll.ts';

/** The proxy under test has a processor to itself, and what loads it and answers it has the others. */
export const PROXY_CORE = '0';
export const ALL_CORES = `0-${availableParallelism() - 1}`;
export const OTHER_CORES = availableParallelism() > 1 ? `1-${availableParallelism() - 1}` : '0';

const LOOK_MS = 20;
const END_MS = 5_000;
const MAX_KEPT = 64 * 1024;

export interface ServerOptions {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly cores: string;
  /** It is up when it takes connections there. */
  readonly port: number;
  readonly signal: AbortSignal;
  /** Called each time that it is looked whether it is up. */
  readonly onLook?: () => Promise<void>;
}

/** One process of a rig. */
export interface Server extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
}

export async function startServer({ argv, cwd, env, cores, port, signal, onLook }: ServerOptions): Promise<Server> {
  const child = spawn('taskset', ['--cpu-list', cores, ...argv], {
    cwd,
    env: { ...process.env, ...env },
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said = (said + text).slice(-MAX_KEPT);
  });
  const ended = once(child, 'exit');
  const end = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
    await ended;
    clearTimeout(timer);
  };
  const isUp = async () => {
    if (child.exitCode !== null) throw new Error(`${argv[0]} ended with exit ${child.exitCode}:\n${said}`);
    await onLook?.();
    return await listens(port);
  };
  try {
    await until(`${argv[0]} on port ${port}`, isUp, { everyMs: LOOK_MS, signal });
  } catch (error) {
    await end();
    throw error;
  }
  return { pid: child.pid ?? 0, port, [Symbol.asyncDispose]: end };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  return address.port;
}
