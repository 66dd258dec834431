import { slotsOf } from './drained.ts';
import type { ObservedInstance, ObservedService, PresentService, StableGeneration } from './model.ts';

/** One service, what is seen of it, and which generation its instances should be of. */
export interface Roster {
  readonly service: PresentService;
  readonly seen: ObservedService;
  readonly goal: StableGeneration;
  /** New instances of the goal may be started now. */
  readonly startable: boolean;
}

/** Ends of one instance before its rollout counts as failed. */
export const START_ATTEMPTS = 3;

/** Until when the generation asked for is watched after its promotion; undefined: there is nothing to go back to. */
export function bakesUntil({ generation, rollout }: PresentService, seen: ObservedService): number | undefined {
  const { stable, fallback, promotedAt } = seen;
  if (stable === undefined || fallback === undefined || stable.generation !== generation) return undefined;
  // The same bytes, started again, are as good as before.
  return fallback.revision === stable.revision ? undefined : promotedAt + rollout.bakeMs;
}

export function isBaking({ service, seen, goal }: Omit<Roster, 'startable'>, now: number): boolean {
  const until = bakesUntil(service, seen);
  return goal.generation === service.generation && until !== undefined && now < until;
}

/** It is asked for, and has neither been promoted nor given up. */
export function isOpen({ service, seen, goal }: Roster): boolean {
  return goal.generation === service.generation && seen.stable?.generation !== goal.generation;
}

export function isPaused({ seen, goal }: Roster): boolean {
  return seen.progress?.generation === goal.generation && seen.progress.paused;
}

/** Instances of the goal with an index that is asked for. */
export function ofGoal({ seen, goal, service }: Roster): readonly ObservedInstance[] {
  const slots = slotsOf(service, goal.generation, service.instances);
  return seen.instances.filter(({ generation, index }) => generation === goal.generation && slots.has(index));
}
