import type { Connection } from './connect.ts';
import { reconnect } from './connect.ts';
import { ApiError } from './errors.ts';
import type { SystemStatus } from './status.ts';

/** How long a control plane that died may be away before a watcher gives up. */
export const AWAY_TIMEOUT_MS = 15_000;

export interface FollowOptions {
  readonly stateFolder: string;
  readonly signal: AbortSignal;
  readonly awayTimeoutMs?: number | undefined;
  /** Told when the control plane is away, for a person who watches. */
  readonly onAway?: (() => void) | undefined;
}

/**
 * The system's status, again after every change, over any number of control planes: one that dies is waited for and
 * asked again. Ends only by the caller, the signal, or a control plane that stays away.
 */
export async function* follow(
  connection: Connection,
  { stateFolder, signal, awayTimeoutMs = AWAY_TIMEOUT_MS, onAway }: FollowOptions,
): AsyncGenerator<SystemStatus, never, undefined> {
  let current = connection;
  while (true) {
    try {
      yield* current.client.watch({}, { signal });
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 'unavailable')) throw error;
    }
    signal.throwIfAborted();
    onAway?.();
    current = await reconnect(stateFolder, signal, awayTimeoutMs);
  }
}
