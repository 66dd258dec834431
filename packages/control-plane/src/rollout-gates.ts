import type { Drills } from './backup/drills.ts';
import { backedUpStores } from './backup/kept-stores.ts';
import { drillTrouble } from './backup/warnings.ts';
import type { Clock } from './clock.ts';
import type { AppliedService } from './store/applied.ts';
import type { Decisions } from './store/decisions.ts';

export interface GateParts {
  readonly drills: Pick<Drills, 'last'>;
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
  { drills, decisions, clock, startedAt }: GateParts,
): readonly string[] {
  const { stable, promoted } = decisions.rollouts(spec.name);
  // Of a system that was asked for before there were such gates.
  const { requires = [] } = spec.rollout as Partial<typeof spec.rollout>;
  if (!requires.includes('drill') || isRollback === true) return [];
  if (stable === undefined || promoted.includes(revision)) return [];
  return backedUpStores(spec).flatMap(({ id, drill }) =>
    drillTrouble(id, {
      now: clock.now(),
      since: startedAt,
      drill: drills.last(id),
      drillEveryMs: drill?.everyMs,
    }).map((why) => `rollout.requires: ${why}; it goes on when \`islet drill restore ${id}\` passes`),
  );
}
