import { open, stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { DriverError } from '@islet/driver';
import type { ProcessState, Supervisor } from '@islet/supervise';
import { ADMIN } from './access.ts';
import { isRejection, withClient } from './client.ts';
import { LIMITS, SETTINGS } from './options.ts';
import type { Started } from './records.ts';

/** What the supervisor and the allocator of ports know a service's server by. */
export function processName(service: string): string {
  return `redis-${service}`;
}

export type RunningState = Extract<ProcessState, { kind: 'running' }>;

export function runningServer(supervisor: Supervisor, service: string): RunningState | undefined {
  const state = supervisor.observe().get(processName(service));
  return state?.kind === 'running' ? state : undefined;
}

export interface ServerPlace {
  readonly data: string;
  readonly accessFile: string;
  readonly port: number;
  /** What the service says beside `SETTINGS`, or instead. */
  readonly settings: Readonly<Record<string, string>>;
}

/** All on the command line, which is the same for a store made long ago; no password is among it. */
export function serverArguments({ data, accessFile, port, settings }: ServerPlace): readonly string[] {
  const own = { bind: '127.0.0.1', port: String(port), dir: data, aclfile: accessFile, daemonize: 'no', logfile: '' };
  return Object.entries({ ...SETTINGS, ...settings, ...own }).flatMap(([name, value]) => [`--${name}`, value]);
}

/** Waits until it has read its data and lets Islet in. */
export async function untilReady(
  started: Started,
  { isAlive, signal }: { readonly isAlive: () => boolean; readonly signal: AbortSignal },
): Promise<'ready' | 'rejected' | 'ended'> {
  const login = { port: started.port, user: ADMIN, password: started.adminPassword };
  const giveUpAt = Date.now() + LIMITS.readyMs;
  for (;;) {
    if (!isAlive()) return 'ended';
    try {
      // While it reads its data, it answers LOADING.
      await withClient(login, signal, (send) => send('PING'));
      return isAlive() ? 'ready' : 'ended';
    } catch (error) {
      signal.throwIfAborted();
      if (isRejection(error)) return isAlive() ? 'rejected' : 'ended';
      if (Date.now() > giveUpAt) {
        const message = `Redis was not ready after ${LIMITS.readyMs / 1000} s`;
        throw new DriverError('timeout', message, { hint: 'it may be reading its data: see its log', cause: error });
      }
    }
    await pause(LIMITS.retryMs, undefined, { signal });
  }
}

/** The last thing that mattered in a server's log. */
export async function lastComplaint(log: string, from: number): Promise<string> {
  const size = await logSize(log);
  const start = Math.max(from, size - LIMITS.logTailBytes);
  const file = await open(log, 'r').catch(() => undefined);
  if (file === undefined) return 'it left no word in its log';
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.max(size - start, 1)), 0, size - start, start);
    const lines = buffer.toString('utf8', 0, bytesRead).trim().split('\n');
    const complaint = lines.findLast((line) => /fatal|error|bad |can't|failed|not /i.test(line)) ?? lines.at(-1);
    return complaint?.replace(/^\d+:\w .*?(?=[*#-] )[*#-] /, '') || 'it left no word in its log';
  } finally {
    await file.close();
  }
}

export async function logSize(log: string): Promise<number> {
  return stat(log).then(
    ({ size }) => size,
    () => 0,
  );
}
