import type { Drills } from './backup/drills.ts';
import { backedUpStores } from './backup/kept-stores.ts';
import type { Overseer } from './backup/overseer.ts';
import { backupTrouble, drillTrouble } from './backup/warnings.ts';
import type { Clock } from './clock.ts';
import type { AppliedService } from './store/applied.ts';
import type { Decisions } from './store/decisions.ts';

export interface GateParts {
  readonly drills: Pick<Drills, 'last'>;
  /** Undefined: nothing is backed up. */
  readonly backups: Pick<Overseer, 'told'> | undefined;
  readonly decisions: Pick<Decisions, 'rollouts'>;
  readonly clock: Clock;
  /** Since when somebody has looked after the drills. */
  readonly startedAt: number;
}

/**
 * What `rollout.requires` wants of a service, and is not so; each a sentence with what to do. Only what is new waits: a revision
 * that has served before goes on, and so does the first one, whose data nobody has yet.
 */
export function rolloutGates(
  { spec, revision, isRollback }: AppliedService,
  { drills, backups, decisions, clock, startedAt }: GateParts,
): readonly string[] {
  const { stable, promoted } = decisions.rollouts(spec.name);
  // Of a system that was asked for before there were such gates.
  const { requires = [] } = spec.rollout as Partial<typeof spec.rollout>;
  if (isRollback === true || stable === undefined || promoted.includes(revision)) return [];
  const [now, since] = [clock.now(), startedAt];
  const told = requires.includes('backup') ? backups?.told() : undefined;
  return backedUpStores(spec).flatMap(({ id, backup, drill: drilled }) => {
    const drill = requires.includes('drill')
      ? drillTrouble(id, { now, since, drill: drills.last(id), drillEveryMs: drilled?.everyMs }).map(
          (why) => `${why}; it goes on when \`islet drill restore ${id}\` passes`,
        )
      : [];
    const { everyMs } = backup ?? {};
    const isBackedUp = requires.includes('backup') && backups !== undefined && everyMs !== undefined;
    const copies = isBackedUp ? backupTrouble(id, { told, everyMs, now, since }) : [];
    return [...copies, ...drill].map((why) => `rollout.requires: ${why}`);
  });
}
