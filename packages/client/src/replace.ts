import { setTimeout as delay } from 'node:timers/promises';
import { type Connection, type ConnectOptions, connect } from './connect.ts';
import { ApiError } from './errors.ts';
import { isAlive } from './process.ts';

const END_TIMEOUT_MS = 10_000;
const POLL_MS = 20;

/**
 * Ends a control plane and connects to the next one: how an upgrade takes hold. Services, proxy and databases notice
 * nothing. Whether the keeper or we start the next is a race that the lock on the state folder decides.
 */
export async function replaceControlPlane(old: Connection, options: ConnectOptions): Promise<Connection> {
  process.kill(old.pid, 'SIGTERM');
  await ended(old.pid, options.signal);
  return connect({ ...options, start: 'stay' });
}

async function ended(pid: number, signal: AbortSignal | undefined): Promise<void> {
  const deadline = AbortSignal.timeout(END_TIMEOUT_MS);
  while (isAlive(pid)) {
    if (deadline.aborted)
      throw new ApiError('unavailable', `the control plane (pid ${pid}) of another version does not end`);
    await delay(POLL_MS, undefined, signal ? { signal } : {});
  }
}
