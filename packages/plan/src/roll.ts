import { describeEnd } from './describe-end.ts';
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
 * Instances of the goal with an index that is asked for are *wanted*; all others are *spare*: those of older generations,
 * and those beyond the number asked for. The rule is one number: as many spare instances are kept as are needed so that,
 * with the wanted ones that have been ready for `minHealthyMs`, no fewer than `instances - maxUnavailable` serve. It is
 * worked out anew on every turn, so a new instance that fails in the middle of a rollout takes its old counterpart back
 * into traffic for as long as that still runs.
 *
 * Wanted instances are started as long as all together stay within `instances + maxSurge`. Where two generations can't
 * run at once (`exclusive`), no spare one is kept, and the wanted ones wait for the last of them to end.
 */
export function roll(roster: Roster, turn: Turn): Decision {
  const { service, seen } = roster;
  const wanted = seen.instances.filter((instance) => isWanted(instance, roster));
  const spare = byWorth(
    seen.instances.filter((instance) => !isWanted(instance, roster)),
    roster,
  );
  const settled = wanted.filter((instance) => isSettled(instance, spare, service, turn.now));
  const kept = spare.slice(0, keptCount(roster, settled.length));
  const surplus = spare.slice(kept.length);

  const starts = startMissing(roster, { wanted, spare });
  const revivals = [...wanted, ...kept].flatMap((instance) => revive(instance, roster, turn.now));
  const verdict = judge(roster, { wanted, settled }, turn.now);
  const waits = surplus.length === spare.length ? [] : waitForReplacements(service, wanted, turn.now);
  const { steps: retirements } = retire(service, surplus, turn);
  const endpoints = [...wanted, ...kept]
    .filter(({ state }) => state.kind === 'ready')
    .map(({ id }) => id)
    .sort();
  return { steps: [...starts, ...revivals, ...verdict, ...waits, ...retirements], endpoints };
}

function isWanted({ generation, index }: ObservedInstance, { goal, service }: Roster): boolean {
  return generation === goal.generation && index < service.instances;
}

/** Those most worth keeping first: ready ones, then those of the goal, then those of the last generation that worked. */
function byWorth(spare: readonly ObservedInstance[], { goal, seen }: Roster): ObservedInstance[] {
  const generations = [goal.generation, seen.stable?.generation];
  const cost = ({ state, generation, index }: ObservedInstance) => {
    const rank = generations.indexOf(generation);
    return [state.kind === 'ready' ? 0 : 1, rank === -1 ? generations.length : rank, index];
  };
  return [...spare].sort((a, b) => compare(cost(a), cost(b)));
}

function compare(some: readonly number[], others: readonly number[]): number {
  return some.map((value, index) => value - (others[index] ?? 0)).find((difference) => difference !== 0) ?? 0;
}

/** Ready, and for long enough where it is to replace one that serves. */
function isSettled(
  { state }: ObservedInstance,
  spare: readonly ObservedInstance[],
  { rollout }: PresentService,
  now: number,
): boolean {
  if (state.kind !== 'ready') return false;
  return spare.every((instance) => instance.state.kind !== 'ready') || now - state.since >= rollout.minHealthyMs;
}

function keptCount({ service, startable }: Roster, settled: number): number {
  if (startable && service.exclusive) return 0;
  const tolerated = startable ? service.rollout.maxUnavailable : 0;
  return Math.max(0, service.instances - tolerated - settled);
}

function startMissing(
  { service, goal, startable }: Roster,
  { wanted, spare }: { wanted: readonly ObservedInstance[]; spare: readonly ObservedInstance[] },
): Step[] {
  if (!startable) return [];
  const surge = service.exclusive ? 0 : service.rollout.maxSurge;
  const room = Math.max(0, service.instances + surge - spare.length - wanted.length);
  const taken = new Set(wanted.map(({ index }) => index));
  return Array.from({ length: service.instances }, (_, index) => index)
    .filter((index) => !taken.has(index))
    .slice(0, room)
    .map((index) => ({
      kind: 'start',
      service: service.name,
      instance: instanceId(service.name, goal.generation, index),
      revision: goal.revision,
      generation: goal.generation,
      index,
    }));
}

/** An ended instance is started again, after its back-off, and one that hangs is ended. It never gives up. */
function revive(instance: ObservedInstance, { service, seen }: Roster, now: number): Step[] {
  const { state, id, revision, generation, index } = instance;
  if (state.kind === 'hung') return [{ kind: 'kill', service: service.name, instance: id, why: state.why }];
  if (state.kind !== 'exited' || !seen.built.includes(revision)) return [];
  if (now < state.restartAt) {
    const why = `${id} ended: ${describeEnd(state)}`;
    return [{ kind: 'wait', service: service.name, why, until: state.restartAt }];
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
    const { revision, generation } = goal;
    return [{ kind: 'promote', service: service.name, revision, generation }];
  }
  if (seen.failed[goal.generation] !== undefined) return [];

  const reason = failureOf(service, progress.wanted, now);
  if (reason !== undefined) return [{ kind: 'fail', service: service.name, generation: goal.generation, reason }];
  return waitForReady(service, progress.wanted);
}

function failureOf(service: PresentService, wanted: readonly ObservedInstance[], now: number): string | undefined {
  const broken = wanted.find(({ exits }) => exits >= START_ATTEMPTS);
  if (broken !== undefined) {
    const how = broken.state.kind === 'exited' ? ` (${broken.state.how})` : '';
    return `${broken.id} ended ${broken.exits} times${how}`;
  }
  const late = wanted.find((instance) => instance.state.kind !== 'ready' && now >= readyBy(instance, service));
  return late && `${late.id} was not ready within ${Math.round(service.rollout.healthyDeadlineMs / 1000)} s`;
}

/** Counted from when somebody looked: a control plane that was away has not seen whether it was ready in time. */
function readyBy({ firstStartedAt }: ObservedInstance, { since, rollout }: PresentService): number {
  return Math.max(firstStartedAt, since) + rollout.healthyDeadlineMs;
}

/** What is not ready in time has failed, so this is when to look again. */
function waitForReady(service: PresentService, wanted: readonly ObservedInstance[]): Step[] {
  return wanted
    .filter(({ state }) => state.kind !== 'ready')
    .map((instance) => {
      const why = `waits for ${instance.id} to be ready`;
      return { kind: 'wait', service: service.name, why, until: readyBy(instance, service) };
    });
}

/** A spare instance is kept until those that replace it have been ready for long enough. */
function waitForReplacements(
  { name, rollout }: PresentService,
  wanted: readonly ObservedInstance[],
  now: number,
): Step[] {
  return wanted.flatMap(({ id, state }) => {
    const until = state.kind === 'ready' ? state.since + rollout.minHealthyMs : now;
    return until > now ? [{ kind: 'wait', service: name, why: `${id} must stay ready`, until }] : [];
  });
}
