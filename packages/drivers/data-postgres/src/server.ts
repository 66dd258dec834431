import { constants, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { DriverError } from '@islet/driver';
import type { ProcessState, Supervisor, UnixUser } from '@islet/supervise';
import type { ClientConfig } from 'pg';
import { isRejection, withClient } from './connect.ts';
import { processName } from './names.ts';
import { LIMITS } from './options.ts';
import { ENVIRONMENT } from './run-as.ts';
import { serverArguments } from './settings.ts';

export interface ServerSpec {
  readonly service: string;
  /** Its data directory. */
  readonly cluster: string;
  /** The folder of PostgreSQL's programs. */
  readonly bin: string;
  readonly port: number;
  readonly user: UnixUser | undefined;
  readonly log: string;
  /** Settings for this start alone. */
  readonly settings: Readonly<Record<string, string>>;
}

export type RunningState = Extract<ProcessState, { kind: 'running' }>;

export function runningServer(supervisor: Supervisor, service: string): RunningState | undefined {
  const state = supervisor.observe().get(processName(service));
  return state?.kind === 'running' ? state : undefined;
}

export async function startServer(supervisor: Supervisor, spec: ServerSpec): Promise<void> {
  await supervisor.start({
    name: processName(spec.service),
    argv: [
      join(spec.bin, 'postgres'),
      ...serverArguments({ folder: spec.cluster, service: spec.service, port: spec.port, more: spec.settings }),
    ],
    cwd: spec.cluster,
    env: ENVIRONMENT,
    user: spec.user,
    log: spec.log,
    limits: { cpu: undefined, memoryBytes: undefined },
    // A copy beside the store, of a drill or a branch, has a name that no service has.
    background: spec.service.includes('.'),
  });
}

export async function stopServer(supervisor: Supervisor, service: string): Promise<void> {
  await supervisor.stop(processName(service), { graceMs: LIMITS.stopGraceMs, signal: 'SIGINT' });
  await supervisor.forget(processName(service));
}

/**
 * Waits until a server takes connections and has recovered: `rejected` says that it runs but doesn't know this user or
 * database, `ended` that it no longer runs.
 */
export async function untilReady(config: ClientConfig, { isAlive, withinMs, signal }: UntilReady): Promise<Readiness> {
  const giveUpAt = Date.now() + withinMs;
  for (let waitMs: number = LIMITS.retryFirstMs; ; waitMs = Math.min(waitMs * 2, LIMITS.retryLongestMs)) {
    if (!isAlive()) return 'ended';
    try {
      if (await hasRecovered(config, signal)) return isAlive() ? 'ready' : 'ended';
    } catch (error) {
      signal.throwIfAborted();
      if (isRejection(error)) return isAlive() ? 'rejected' : 'ended';
      if (Date.now() > giveUpAt) throw notReady(withinMs, error);
    }
    if (Date.now() > giveUpAt) throw notReady(withinMs, undefined);
    await pause(waitMs, undefined, { signal });
  }
}

export type Readiness = 'ready' | 'rejected' | 'ended';

export interface UntilReady {
  readonly isAlive: () => boolean;
  readonly withinMs: number;
  readonly signal: AbortSignal;
}

/** A server that still replays its log takes connections too. */
async function hasRecovered(config: ClientConfig, signal: AbortSignal): Promise<boolean> {
  return withClient(config, signal, async (client) => {
    const { rows } = await client.query<{ recovering: boolean }>('SELECT pg_is_in_recovery() AS recovering');
    return rows[0]?.recovering === false;
  });
}

function notReady(withinMs: number, cause: unknown): DriverError {
  const message = `PostgreSQL was not ready after ${withinMs / 1000} s`;
  return new DriverError('timeout', message, { hint: 'it may be recovering: read its log', cause });
}

/** What a server wrote since a place in its log. */
export async function readLog(log: string, from: number): Promise<string> {
  const size = await logSize(log);
  const start = Math.max(from <= size ? from : 0, size - LIMITS.logTailBytes);
  if (size <= start) return '';
  const file = await open(log, constants.O_RDONLY);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    return buffer.subarray(0, bytesRead).toString('utf8');
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

/** The last thing that mattered in a server's log. */
export function lastComplaint(log: string): string | undefined {
  return log
    .split('\n')
    .findLast((line) => /\b(FATAL|PANIC|ERROR):|postgres: /.test(line))
    ?.replace(/^.*?(?=FATAL|PANIC|ERROR)/, '');
}

export function portWasTaken(log: string): boolean {
  return /could not bind IPv4 address|could not create any TCP\/IP sockets/.test(log);
}
