import { describeEnd } from './describe-end.ts';
import { isDrained, mayStay, slotsOf } from './drained.ts';
import { judge, waitForHealthy } from './judge.ts';
import {
  type InstanceId,
  instanceId,
  type Observed,
  type ObservedInstance,
  type PresentService,
  type Step,
} from './model.ts';
import { keepOut, type Retiring, retire } from './retire.ts';
import { bakesUntil, isBaking, isPaused, type Roster } from './roster.ts';
import { type Shift, shiftOf, withStandIns } from './shift.ts';
import { short } from './short.ts';
import type { Decision, Turn } from './turn.ts';

/**
 * Which instances to start, keep and retire, for one service.
 *
 * Instances of the goal with an index that is asked for are *wanted*; all others are *spare*: those of older
 * generations, those beyond the number asked for, and those that a person took out of traffic. The rule is one number:
 * as many spare instances are kept as are needed so that, with the wanted ones that have been ready for `minHealthyMs`,
 * no fewer than `instances - maxUnavailable` serve. It is worked out anew on every turn, so a new instance that fails
 * in the middle of a rollout takes its old counterpart back into traffic for as long as that still runs.
 *
 * So each spare instance goes one of four ways: *kept*, it serves; *drained*, it runs on out of traffic; *warm*, it is
 * asked where nobody else is there; or it is *surplus*, and retired.
 *
 * Wanted instances are started as long as all together stay within `instances + maxSurge`. Where two generations can't
 * run at once (`exclusive`), no spare one is kept, and the wanted ones wait for the last of them to end; as nobody
 * serves meanwhile, its tunnels and streams are waited for no longer than its requests.
 *
 * Where traffic moves by weight (`shift`), the old generation is kept whole until the new one is promoted. After that,
 * it is kept *warm* while the new one bakes: it runs, and gets no requests, so that going back is one routing table.
 * The proxy knows of it, and asks it where none of the others is there at all: that is sooner than any turn.
 */
export function roll(roster: Roster, turn: Turn): Decision {
  const { service, seen } = roster;
  const { now } = turn;
  const shift = shiftOf(roster);
  const count = shift?.count ?? service.instances;
  const slots = slotsOf(service, roster.goal.generation, count);
  const isWanted = ({ generation, index }: ObservedInstance) =>
    generation === roster.goal.generation && slots.has(index);
  const wanted = seen.instances.filter(isWanted);
  const spare = byWorth(
    seen.instances.filter((instance) => !isWanted(instance)),
    roster,
  );
  const counted = withoutDrained(spare, wanted, { roster, turn });
  const settled = wanted.filter((instance) => isSettled(instance, counted, roster, now));
  const kept = keptOf(counted, { roster, shift, settled: settled.length, turn });
  const drained = spare.filter((it) => !kept.includes(it) && mayStay(service, it, [roster.goal, seen.stable]));
  const warm = spare.filter((it) => !kept.includes(it) && !drained.includes(it) && isWarm(it, roster, now));
  const surplus = spare.filter((it) => ![kept, drained, warm].some((some) => some.includes(it)));

  const crowd = spare.length - drained.length;
  const starts = startMissing(roster, { wanted, crowd, slots, shift }, turn);
  const running = [...wanted, ...kept, ...warm];
  const revivals = running.flatMap((instance) => revive(instance, { roster, first: running[0] }, turn));
  const verdict = judge(roster, { wanted, settled, shift }, now);
  const waits = kept.length === 0 || shift !== undefined ? [] : waitForHealthy(service, wanted, now);
  const { steps: retirements } = retire(retiringOf(service), surplus, turn);
  const { steps: drains } = keepOut(retiringOf(service), drained, turn);
  const endpoints = readyOf([...(shift !== undefined && shift.split === undefined ? [] : wanted), ...kept]);
  const steps = [...starts, ...revivals, ...verdict, ...waits, ...bake(roster, now), ...retirements, ...drains];
  return { steps, endpoints, warm: readyOf(warm), split: shift?.split && withStandIns(shift.split, kept) };
}

function readyOf(instances: readonly ObservedInstance[]): readonly InstanceId[] {
  return instances
    .filter(isReady)
    .map(({ id }) => id)
    .sort();
}

function retiringOf(service: PresentService): Retiring {
  const { drainMs, longLivedMs } = service;
  return service.exclusive ? { ...service, longLivedMs: Math.min(drainMs, longLivedMs) } : service;
}

/**
 * Those most worth keeping first: ready ones, then those that nobody took out of traffic, then those of the goal, then
 * those of the last generation that worked.
 */
function byWorth(spare: readonly ObservedInstance[], { service, goal, seen }: Roster): ObservedInstance[] {
  const generations = [goal.generation, seen.stable?.generation, seen.fallback?.generation];
  const cost = ({ id, state, generation, index }: ObservedInstance) => {
    const rank = generations.indexOf(generation);
    return [
      state.kind === 'ready' ? 0 : 1,
      isDrained(service, { id }) ? 1 : 0,
      rank === -1 ? generations.length : rank,
      index,
    ];
  };
  return [...spare].sort((a, b) => compare(cost(a), cost(b)));
}

function compare(some: readonly number[], others: readonly number[]): number {
  return some.map((value, index) => value - (others[index] ?? 0)).find((difference) => difference !== 0) ?? 0;
}

/** Ready, and for long enough where it is to replace one that serves; what is gone back to has proved itself before. */
function isSettled(
  { state }: ObservedInstance,
  spare: readonly ObservedInstance[],
  { service, goal }: Roster,
  now: number,
): boolean {
  if (state.kind !== 'ready') return false;
  if (goal.generation !== service.generation) return true;
  return (
    spare.every((instance) => instance.state.kind !== 'ready') || now - state.since >= service.rollout.minHealthyMs
  );
}

/** What has left traffic because a person said so comes back by itself only where nobody else could answer. */
function withoutDrained(
  spare: readonly ObservedInstance[],
  wanted: readonly ObservedInstance[],
  { roster: { service }, turn: { observed } }: { readonly roster: Roster; readonly turn: Turn },
): readonly ObservedInstance[] {
  const routed = routedOf(service, observed);
  const others = spare.filter((instance) => !isDrained(service, instance));
  if (![...wanted, ...others].some(isReady)) return spare;
  return spare.filter(({ id }) => !isDrained(service, { id }) || routed.includes(id));
}

/** Spare instances that go on serving. */
function keptOf(
  spare: readonly ObservedInstance[],
  { roster, shift, settled, turn }: { roster: Roster; shift: Shift | undefined; settled: number; turn: Turn },
): readonly ObservedInstance[] {
  const { service, seen, goal, startable } = roster;
  if (shift !== undefined) {
    const routed = routedOf(service, turn.observed);
    const isTrusted = ({ id, generation }: ObservedInstance) =>
      seen.failed[generation] === undefined || routed.includes(id);
    const mayStandIn = (one: ObservedInstance) => isReady(one) && one.generation !== goal.generation && isTrusted(one);
    const slots = slotsOf(service, seen.stable?.generation ?? '', service.instances);
    const isOwn = ({ generation, index }: ObservedInstance) =>
      generation === seen.stable?.generation && slots.has(index);
    const own = spare.filter(isOwn);
    const lacking = service.instances - own.filter(isReady).length;
    const others = spare.filter((one) => !isOwn(one) && mayStandIn(one));
    // What stands in for an old instance that is ill goes on doing so, even one that was given up and answers all the
    // same: the new revision must not cost it.
    return [...own, ...others.slice(0, Math.max(0, lacking))];
  }
  if (startable && service.exclusive) return [];
  const tolerated = startable ? service.rollout.maxUnavailable : 0;
  return spare.slice(0, Math.max(0, service.instances - tolerated - settled));
}

function routedOf({ name }: PresentService, { traffic }: Observed): readonly InstanceId[] {
  return traffic.acknowledged?.endpoints[name] ?? [];
}

function isReady({ state }: ObservedInstance): boolean {
  return state.kind === 'ready';
}

function isWarm({ generation, index }: ObservedInstance, roster: Roster, now: number): boolean {
  const { service, seen } = roster;
  if (service.exclusive || !isBaking(roster, now)) return false;
  return generation === seen.fallback?.generation && slotsOf(service, generation, service.instances).has(index);
}

function bake(roster: Roster, now: number): Step[] {
  const { service, seen, goal } = roster;
  if (!isBaking(roster, now) || seen.fallback === undefined) return [];
  const why = `${short(goal.revision)} bakes, and goes back to ${short(seen.fallback.revision)} if it gets worse`;
  return [{ kind: 'wait', service: service.name, why, until: bakesUntil(service, seen), rest: 'bake' }];
}

interface Ranks {
  readonly wanted: readonly ObservedInstance[];
  /** Spare instances that take a place which a new one may have to wait for. */
  readonly crowd: number;
  readonly slots: ReadonlySet<number>;
  readonly shift: Shift | undefined;
}

function startMissing(roster: Roster, { wanted, crowd, slots, shift }: Ranks, turn: Turn): Step[] {
  const { service, goal, startable } = roster;
  if (!startable || isPaused(roster)) return [];
  const room = roomFor(roster, { wanted, crowd, slots, shift }, turn);
  const taken = new Set(wanted.map(({ index }) => index));
  return [...slots]
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

/** How many more may be started. */
function roomFor({ service, seen, goal }: Roster, { wanted, crowd, slots, shift }: Ranks, turn: Turn): number {
  const isOther = ({ generation }: Pick<ObservedInstance, 'generation'>) => generation !== goal.generation;
  if (service.exclusive && [...seen.instances, ...comingOf(service, turn)].some(isOther)) return 0;
  if (shift !== undefined) return slots.size;
  const surge = service.exclusive ? 0 : service.rollout.maxSurge;
  return Math.max(0, service.instances + surge - crowd - wanted.length);
}

/** A start that is under way may take effect at any time. */
function comingOf({ name }: PresentService, { observed }: Turn): readonly Extract<Step, { kind: 'start' }>[] {
  return Object.values(observed.held).flatMap(({ kind, step }) =>
    kind === 'running' && step.kind === 'start' && step.service === name ? [step] : [],
  );
}

/** An ended instance is started again, after its back-off, and one that hangs is ended. It never gives up. */
function revive(
  instance: ObservedInstance,
  { roster: { service, seen }, first }: { readonly roster: Roster; readonly first: ObservedInstance | undefined },
  turn: Turn,
): Step[] {
  const { now } = turn;
  const { state, id, revision, generation, index } = instance;
  if (state.kind === 'hung') {
    const { startedAt, why } = state;
    return [{ kind: 'kill', service: service.name, instance: id, startedAt, why }];
  }
  if (state.kind !== 'exited' || !seen.built.includes(revision)) return [];
  if (now < state.restartAt) {
    const why = `${id} ended: ${describeEnd(state)}`;
    return [{ kind: 'wait', service: service.name, why, until: state.restartAt }];
  }
  // Of two that can't run at once, the one that runs stays alone; where none does, the one that is worth most begins.
  const others = seen.instances.filter((other) => other.state.kind !== 'exited');
  const isApart = [...others, ...comingOf(service, turn)].every((other) => other.generation === generation);
  if (service.exclusive && !(isApart && first?.generation === generation)) return [];
  return [{ kind: 'start', service: service.name, instance: id, revision, generation, index }];
}
