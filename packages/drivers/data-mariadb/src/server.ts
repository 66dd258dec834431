import { setTimeout as pause } from 'node:timers/promises';
import { DriverError } from '@islet/driver';
import { lastComplaint, type ProcessState, type ReadyOutcome, type Supervisor, type Waiting } from '@islet/supervise';
import { asAdmin, isRejection, withConnection } from './connect.ts';
import { LIMITS, SETTINGS } from './options.ts';
import type { Started } from './record.ts';

/** MariaDB's programs speak one language and live in one time zone, whatever the machine's settings. */
export const ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C', TZ: 'UTC' } as const;

/** What the supervisor and the allocator of ports know a service's server by. */
export function processName(service: string): string {
  return `mariadb-${service}`;
}

export function runningServer(
  supervisor: Supervisor,
  service: string,
): Extract<ProcessState, { kind: 'running' }> | undefined {
  const state = supervisor.observe().get(processName(service));
  return state?.kind === 'running' ? state : undefined;
}

export interface ServerPlace {
  readonly data: string;
  readonly initFile: string;
  readonly port: number;
  /** What the service says beside `SETTINGS`, or instead. */
  readonly settings: Readonly<Record<string, string>>;
}

/** Of the machine's own configuration files nothing is read. */
export function serverArguments({ data, initFile, port, settings }: ServerPlace): readonly string[] {
  const own = {
    datadir: data,
    'init-file': initFile,
    port: String(port),
    'bind-address': '127.0.0.1',
    // Both in the data folder: a socket's path must be shorter than a system's folder may be.
    socket: 'server.sock',
    'pid-file': 'server.pid',
    // Restores replay it.
    'log-bin': 'binlog',
    'server-id': '1',
    'log-bin-index': 'binlog.index',
    'local-infile': 'OFF',
    'secure-file-priv': data,
  };
  const all = { ...SETTINGS, ...asOptions(settings), ...own };
  const values = Object.entries(all).map(([name, value]) => `--${name}=${value}`);
  return ['--no-defaults', '--skip-name-resolve', '--skip-symbolic-links', ...values];
}

/** A variable is named with underscores, its option with dashes. */
export function asOptions(settings: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name.replaceAll('_', '-'), value]));
}

/** Options that Islet gives itself. */
export function isOwn(option: string): boolean {
  return serverArguments({ data: '', initFile: '', port: 0, settings: {} }).some(
    (argument) => argument.startsWith(`--${option}=`) && !Object.hasOwn(SETTINGS, option),
  );
}

/** Waits until it has recovered and lets Islet in. */
export async function untilReady(started: Started, { isAlive, signal }: Waiting): Promise<ReadyOutcome> {
  const giveUpAt = Date.now() + LIMITS.readyMs;
  for (;;) {
    if (!isAlive()) return 'ended';
    try {
      await withConnection(asAdmin(started), signal, (connection) => connection.ping());
      return isAlive() ? 'ready' : 'ended';
    } catch (error) {
      signal.throwIfAborted();
      if (isRejection(error)) return isAlive() ? 'rejected' : 'ended';
      if (Date.now() > giveUpAt) {
        const message = `MariaDB was not ready after ${LIMITS.readyMs / 1000} s`;
        throw new DriverError('timeout', message, { hint: 'it may be recovering: see its log', cause: error });
      }
    }
    await pause(LIMITS.retryMs, undefined, { signal });
  }
}

/** The last thing that mattered in a server's log. */
export async function complaintOf(log: string, from: number): Promise<string> {
  const said = await lastComplaint(log, { from, like: /\[ERROR\](?! Aborting)/ });
  return said.replace(/^.*\[ERROR\] /, '');
}
