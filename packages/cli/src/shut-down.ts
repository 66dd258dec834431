import { setTimeout as delay } from 'node:timers/promises';
import type { SystemStatus } from '@islet/client';
import { ApiError, type Connection, isAlive, probe } from '@islet/client/remote';
import type { Context } from './context.ts';
import { createProgress, type Progress } from './progress.ts';
import { renderDuration } from './render/duration.ts';
import type { System } from './system.ts';
import { tellInterrupted } from './waiting.ts';

export interface ShutDownOptions {
  readonly purge: boolean;
  readonly timeoutMs: number;
}

const POLL_MS = 20;

/**
 * Asks for the end of everything and waits until it has come: services, databases, then proxy, keeper and control
 * plane. A control plane that dies on the way is revived by its keeper and goes on, so that its silence is no proof;
 * only processes that are gone are.
 */
export async function shutDown(
  context: Context,
  system: System,
  connection: Connection,
  { purge, timeoutMs }: ShutDownOptions,
): Promise<void> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([context.signal, deadline]);
  const progress = createProgress(context.stderr);
  try {
    await connection.client.down({ purge }, { signal });
    await untilGone(system, connection, signal, progress);
  } catch (error) {
    if (context.signal.aborted) {
      progress.end();
      tellInterrupted(context, 'the control plane goes on stopping: `islet down` waits for it again');
    }
    if (!deadline.aborted || context.signal.aborted) throw error;
    throw new ApiError('unavailable', `not all had ended within ${renderDuration(timeoutMs)}`, {
      hint: '`islet status` says what still runs',
    });
  } finally {
    progress.end();
  }
}

async function untilGone(
  { stateFolder }: System,
  connection: Connection,
  signal: AbortSignal,
  progress: Progress,
): Promise<void> {
  const pids = new Set<number>([connection.pid]);
  let current: Connection | undefined = connection;
  while (current || [...pids].some(isAlive)) {
    if (current)
      await watchEnd(current, signal, (status) => {
        for (const pid of pidsOf(status)) pids.add(pid);
        progress.show(status);
      });
    await delay(POLL_MS, undefined, { signal });
    current = await probe(stateFolder, signal);
  }
}

async function watchEnd(
  { client }: Connection,
  signal: AbortSignal,
  show: (status: SystemStatus) => void,
): Promise<void> {
  try {
    for await (const status of client.watch({}, { signal })) show(status);
  } catch (error) {
    if (!(error instanceof ApiError && error.code === 'unavailable')) throw error;
  }
}

function pidsOf({ processes: { controlPlane, proxy, keeper } }: SystemStatus): number[] {
  return [controlPlane.pid, proxy?.pid, keeper?.pid].filter((pid) => pid !== undefined);
}
