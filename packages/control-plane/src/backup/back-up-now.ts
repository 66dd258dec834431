import type { StoreTold } from '@islet/backup';
import { DriverError } from '@islet/driver';
import { type Clock, pause } from '../clock.ts';
import type { KeptStore } from './kept-stores.ts';
import { newestOf } from './newest.ts';
import type { Overseer } from './overseer.ts';

export interface BackUpParts {
  /** Undefined: nothing is backed up. */
  readonly backups: Pick<Overseer, 'ask' | 'told'> | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const LOOK_MS = 200;
/** From when a store runs again until its log is followed, or a copy of it is begun. */
const PATIENCE_MS = 3 * 60_000;

/**
 * Waits until all that is in a store now is in its backups, by its log or by a copy that is made for it. Throws where that
 * can't be had. `nothing`: it is not backed up at all.
 */
export async function backUpNow(
  { id, service, backup }: KeptStore,
  { backups, clock, signal }: BackUpParts,
): Promise<'backed-up' | 'nothing'> {
  if (backups === undefined || backup === undefined) return 'nothing';
  const told = () => backups.told()?.stores.find((store) => store.service === id);
  const begunAt = clock.now();
  // A log goes on from a copy; where there is none of either, one is made now.
  const needsCopy = !backup.pitr || told()?.last === undefined;
  const since = needsCopy ? backups.ask([id]) : begunAt;
  for (;;) {
    signal.throwIfAborted();
    const now = told();
    if (now !== undefined && holds(now, { since, needsCopy })) return 'backed-up';
    const isLate = clock.now() > begunAt + PATIENCE_MS;
    const trouble = now && troubleOf(now, since);
    if (trouble !== undefined || (isLate && now?.copy.kind !== 'copying'))
      throw notBackedUp(service, trouble ?? waiting(now));
    await pause(clock, LOOK_MS);
  }
}

/** Everything of then is stored. */
function holds(
  told: StoreTold,
  { since, needsCopy }: { readonly since: number; readonly needsCopy: boolean },
): boolean {
  if (told.last === undefined) return false;
  return needsCopy ? told.last.startedAt >= since : newestOf(told) >= since;
}

function troubleOf({ copy }: StoreTold, since: number): string | undefined {
  return copy.kind === 'failed' && copy.at >= since ? copy.why : undefined;
}

function waiting(told: StoreTold | undefined): string {
  if (told === undefined) return 'the backup process says nothing of it';
  return told.log.kind === 'waiting' ? told.log.why : 'what came last is not stored';
}

function notBackedUp(service: string, why: string): DriverError {
  return new DriverError('unavailable', `the data of ${service} is not backed up as it is now: ${why}`, {
    hint: `islet backup status says more; islet up tries again; database.backup: off goes on without a backup`,
  });
}
