import { setTimeout as pause } from 'node:timers/promises';
import { DriverError } from '@islet/driver';
import { lastComplaint, type ProcessState, type Supervisor } from '@islet/supervise';
import { adminOf, isRejection, withClient } from './client.ts';
import { LIMITS, SETTINGS } from './options.ts';
import type { Started } from './records.ts';
import { asServed } from './settings.ts';

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
  return Object.entries({ ...SETTINGS, ...asServed(settings), ...own }).flatMap(([name, value]) => [
    `--${name}`,
    value,
  ]);
}

/** Waits until it has read its data and lets Islet in. */
export async function untilReady(
  started: Started,
  { isAlive, signal }: { readonly isAlive: () => boolean; readonly signal: AbortSignal },
): Promise<'ready' | 'rejected' | 'ended'> {
  const login = adminOf(started);
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
export async function complaintOf(log: string, from: number): Promise<string> {
  const said = await lastComplaint(log, { from, like: /fatal|error|bad |can't|failed|not /i });
  return said.replace(/^\d+:\w .*?(?=[*#-] )[*#-] /, '');
}
