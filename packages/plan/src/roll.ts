import {
  instanceId,
  type ObservedInstance,
  type ObservedService,
  type PresentService,
  type StableGeneration,
  type Step,
} from './model.ts';
import { retire } from './retire.ts';
import type { Decision, Turn } from './turn.ts';

/** Ends of one instance before its rollout counts as failed. */
export const START_ATTEMPTS = 3;

export interface Roster {
  readonly service: PresentService;
  readonly seen: ObservedService;
  /** The generation that instances should be of. */
  readonly goal: StableGeneration;
  /** New instances of the goal may be started now. */
  readonly startable: boolean;
}

/**
 * Which instances to start, keep and retire, for one service.
 *
 * Instances of the goal are *fresh*, all others *old*. The rule is one number: as many old instances are kept as are
 * needed so that, with the fresh ones that have been ready for `minHealthyMs`, no fewer than `instances - maxUnavailable`
 * serve. It is worked out anew on every turn, so a fresh instance that fails in the middle of a rollout takes its old
 * counterpart back into traffic for as long as that still runs.
 *
 * Fresh instances are started as long as all together stay within `instances + maxSurge`. Where two generations can't
 * run at once (`exclusive`), no old one is kept, and the fresh ones wait for the last old one to end.
 */
export function roll(roster: Roster, turn: Turn): Decision {
  const { service, seen, goal } = roster;
  const fresh = seen.instances.filter(({ generation }) => generation === goal.generation);
  const wanted = fresh.filter(({ index }) => index < service.instances);
  const old = byWorth(seen, goal);
  const settled = wanted.filter((instance) => isSettled(instance, old, service, turn.now));
  const kept = old.slice(0, keptCount(roster, settled.length));
  const surplus = [...old.slice(kept.length), ...fresh.filter(({ index }) => index >= service.instances)];

  const starts = startMissing(roster, { wanted, old });
  const restarts = [...wanted, ...kept].flatMap((instance) => restart(instance, roster, turn.now));
  const verdict = judge(roster, { wanted, settled }, turn.now);
  const { steps: retirements } = retire(service, surplus, turn);
  const endpoints = [...wanted, ...kept]
    .filter(({ state }) => state.kind === 'ready')
    .map(({ id }) => id)
    .sort();
  return { steps: [...starts, ...restarts, ...verdict, ...retirements], endpoints };
}

/** Old instances, those most worth keeping first: ready ones, then those of the last generation that worked. */
function byWorth(seen: ObservedService, goal: StableGeneration): ObservedInstance[] {
  const worth = ({ state, generation, index }: ObservedInstance) =>
    (state.kind === 'ready' ? 0 : 2_000_000) + (generation === seen.stable?.generation ? 0 : 1_000_000) + index;
  return seen.instances.filter(({ generation }) => generation !== goal.generation).sort((a, b) => worth(a) - worth(b));
}

/** Ready, and for long enough where it is to replace one that serves. */
function isSettled(
  { state }: ObservedInstance,
  old: readonly ObservedInstance[],
  { rollout }: PresentService,
  now: number,
): boolean {
  if (state.kind !== 'ready') return false;
  return old.every((instance) => instance.state.kind !== 'ready') || now - state.since >= rollout.minHealthyMs;
}

function keptCount({ service, startable }: Roster, settled: number): number {
  if (!startable) return service.instances;
  if (service.exclusive) return 0;
  return Math.max(0, service.instances - service.rollout.maxUnavailable - settled);
}

function startMissing(
  { service, goal, startable }: Roster,
  { wanted, old }: { wanted: readonly ObservedInstance[]; old: readonly ObservedInstance[] },
): Step[] {
  if (!startable) return [];
  const surge = service.exclusive ? 0 : service.rollout.maxSurge;
  const room = Math.max(0, service.instances + surge - old.length - wanted.length);
  const taken = new Set(wanted.map(({ index }) => index));
  return Array.from({ length: service.instances }, (_, index) => index)
    .filter((index) => !taken.has(index))
    .slice(0, room)
    .map((index) => ({
      kind: 'start',
      service: service.name,
      instance: instanceId(service.name, goal.generation, index),
      ...goal,
      index,
    }));
}

/** An ended instance is started again, after its back-off. It never gives up. */
function restart(instance: ObservedInstance, { service, seen }: Roster, now: number): Step[] {
  const { state, id, revision, generation, index } = instance;
  if (state.kind !== 'exited' || !seen.built.includes(revision)) return [];
  if (now < state.restartAt) {
    return [{ kind: 'wait', service: service.name, why: `${id} ended: ${state.how}`, until: state.restartAt }];
  }
  return [{ kind: 'start', service: service.name, instance: id, revision, generation, index }];
}

interface Progress {
  readonly wanted: readonly ObservedInstance[];
  readonly settled: readonly ObservedInstance[];
}

/** Has the rollout of the generation asked for succeeded, failed, or is it still open? */
function judge(roster: Roster, progress: Progress, now: number): Step[] {
  const { service, seen, goal, startable } = roster;
  if (goal.generation !== service.generation || seen.stable?.generation === goal.generation) return [];
  if (progress.settled.length >= service.instances && startable) {
    return [{ kind: 'promote', service: service.name, ...goal }];
  }
  if (seen.failed[goal.generation] !== undefined) return [];

  const reason = failureOf(service, progress.wanted, now);
  if (reason !== undefined) return [{ kind: 'fail', service: service.name, generation: goal.generation, reason }];
  return waitFor(service, progress);
}

function failureOf({ rollout }: PresentService, wanted: readonly ObservedInstance[], now: number): string | undefined {
  const broken = wanted.find(({ exits }) => exits >= START_ATTEMPTS);
  if (broken !== undefined) {
    const how = broken.state.kind === 'exited' ? ` (${broken.state.how})` : '';
    return `${broken.id} ended ${broken.exits} times${how}`;
  }
  const late = wanted.find(
    ({ state, firstStartedAt }) => state.kind !== 'ready' && now >= firstStartedAt + rollout.healthyDeadlineMs,
  );
  return late && `${late.id} was not ready within ${Math.round(rollout.healthyDeadlineMs / 1000)} s`;
}

function waitFor({ name, rollout }: PresentService, { wanted, settled }: Progress): Step[] {
  return wanted
    .filter((instance) => !settled.includes(instance))
    .map(({ id, state, firstStartedAt }) =>
      state.kind === 'ready'
        ? { kind: 'wait', service: name, why: `${id} must stay ready`, until: state.since + rollout.minHealthyMs }
        : {
            kind: 'wait',
            service: name,
            why: `waits for ${id} to be ready`,
            until: firstStartedAt + rollout.healthyDeadlineMs,
          },
    );
}
