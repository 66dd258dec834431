import { slotsOf } from './drained.ts';
import type { ObservedInstance, ShiftStep, Split } from './model.ts';
import type { Roster } from './roster.ts';

/** How far traffic has been moved to a new revision by weight, while the old one still runs whole. */
export interface Shift {
  /** Number of steps that are behind it. */
  readonly step: number;
  /** Undefined: all steps are behind it; it gets everything once all of its instances are ready. */
  readonly current: ShiftStep | undefined;
  /** Instances that it needs, those of its next step included. */
  readonly count: number;
  /** When the current step began: it was decided, and enough instances are ready; undefined: not yet. */
  readonly since: number | undefined;
  /** Undefined: nothing of it is ready, and the old revision takes everything. */
  readonly split: Split | undefined;
}

/**
 * Traffic is moved by weight, not by the number of instances: 5 % of the requests are 5 %, also with two instances. The
 * new revision has as many instances as its share and the next step's need, and the old one keeps all of its own, so
 * that the way back is one routing table.
 *
 * The weight follows what is ready: where an instance of the new revision is lost, it goes down to what the others can
 * carry, and comes back with it. Undefined: traffic moves with the instances.
 */
export function shiftOf({ service, seen, goal }: Roster): Shift | undefined {
  const { steps } = service.rollout;
  const { stable } = seen;
  if (steps.length === 0 || service.exclusive || service.instances === 0) return undefined;
  if (goal.generation !== service.generation) return undefined;
  if (stable === undefined || stable.revision === goal.revision) return undefined;
  // Whether the old ones are ready right now does not matter: a moment's illness must not skip the steps.
  if (!seen.instances.some(({ generation }) => generation === stable.generation)) return undefined;

  const progress = seen.progress?.generation === goal.generation ? seen.progress : undefined;
  const step = Math.min(steps.length, progress?.step ?? 0);
  const percents = [...steps.map(({ percent }) => percent), 100];
  const needed = (index: number) => Math.max(1, Math.ceil((service.instances * (percents[index] ?? 100)) / 100));
  const count = Math.max(needed(step), needed(step + 1));
  const slots = slotsOf(service, goal.generation, count);
  const ready = readySince(seen.instances.filter((it) => it.generation === goal.generation && slots.has(it.index)));
  const carried = percents.slice(0, step + 1).filter((_, index) => needed(index) <= ready.length);
  const percent = Math.max(0, ...carried);
  const began = ready[needed(step) - 1];
  return {
    step,
    current: steps[step],
    count,
    since: began === undefined ? undefined : Math.max(began, progress?.since ?? 0),
    split:
      ready.length === 0
        ? undefined
        : {
            weights: { [stable.revision]: 100 - percent, [goal.revision]: percent },
            stable: stable.revision,
            candidate: goal.revision,
            mirrorPercent: steps[step]?.mirrorPercent ?? 0,
          },
  };
}

/** What stands in for an instance of the old revision has its part of the old revision's share. */
export function withStandIns(split: Split, kept: readonly ObservedInstance[]): Split {
  const ready = kept.filter(({ state, revision }) => state.kind === 'ready' && revision !== split.candidate);
  if (ready.every(({ revision }) => revision === split.stable)) return split;
  const left = 100 - (split.weights[split.candidate] ?? 0);
  const weights: Record<string, number> = { [split.candidate]: split.weights[split.candidate] ?? 0 };
  for (const { revision } of ready) weights[revision] = (weights[revision] ?? 0) + left / ready.length;
  return { ...split, weights };
}

/** Since when each that is ready has been, the longest first. */
function readySince(instances: readonly ObservedInstance[]): readonly number[] {
  return instances.flatMap(({ state }) => (state.kind === 'ready' ? [state.since] : [])).sort((a, b) => a - b);
}
