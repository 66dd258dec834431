import type { StoreTold } from '@islet/backup';
import { DriverError } from '@islet/driver';
import { type Clock, pause } from '../clock.ts';
import type { Decisions } from '../store/decisions.ts';
import type { KeptStore } from './kept-stores.ts';
import { newestOf } from './newest.ts';
import type { Overseer } from './overseer.ts';

export interface UpgradePointParts {
  /** Undefined: nothing is backed up. */
  readonly backups: Pick<Overseer, 'ask' | 'told'> | undefined;
  readonly decisions: Pick<Decisions, 'record'>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const LOOK_MS = 200;
/** From when a store runs again until its log is followed, or a copy of it is begun. */
const PATIENCE_MS = 3 * 60_000;

/**
 * All that is in a store which runs, and which nobody writes to, is in its backups, so that `--to before-upgrade` finds it however long
 * the old store is gone. Throws where that can't be had: what can't be brought back is not taken over.
 */
export async function markUpgradePoint(
  { id, service, backup }: KeptStore,
  to: string,
  { backups, decisions, clock, signal }: UpgradePointParts,
): Promise<void> {
  if (backups === undefined || backup === undefined) return;
  const told = () => backups.told()?.stores.find((store) => store.service === id);
  const begunAt = clock.now();
  // A log goes on from a copy; where there is none of either, one is made now.
  const needsCopy = !backup.pitr || told()?.last === undefined;
  const since = needsCopy ? backups.ask([id]) : begunAt;
  for (;;) {
    signal.throwIfAborted();
    const now = told();
    if (now !== undefined && holds(now, { since, needsCopy })) break;
    const isLate = clock.now() > begunAt + PATIENCE_MS;
    const trouble = now && troubleOf(now, since);
    if (trouble !== undefined || (isLate && now?.copy.kind !== 'copying'))
      throw notBackedUp(service, trouble ?? waiting(now));
    await pause(clock, LOOK_MS);
  }
  const at = clock.now();
  decisions.record({ kind: 'upgrade-point', service, at, to }, at);
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
    hint: `islet backup status says more; islet up tries again; database.backup: off takes it over without a backup`,
  });
}
