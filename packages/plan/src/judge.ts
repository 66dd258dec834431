import { because } from './because.ts';
import type { Evidence, ObservedInstance, PresentService, RolloutFailure, Step } from './model.ts';
import { isBaking, isOpen, isPaused, ofGoal, type Roster, START_ATTEMPTS } from './roster.ts';
import type { Shift } from './shift.ts';
import { short } from './short.ts';

/** How long the first look at the requests of a step may take; what can't be seen by then is silence. */
const LOOK_MS = 5_000;

export interface Standing {
  readonly wanted: readonly ObservedInstance[];
  readonly settled: readonly ObservedInstance[];
  readonly shift: Shift | undefined;
}

/**
 * Why the generation asked for must be given up, in its rollout or while it bakes; undefined: nothing speaks against
 * it.
 */
export function failureOf(roster: Roster, now: number): RolloutFailure | undefined {
  const { service, seen, goal } = roster;
  const open = isOpen(roster);
  if (seen.failed[goal.generation] !== undefined || !(open || isBaking(roster, now))) return undefined;
  const wanted = ofGoal(roster);
  const broken = wanted.find(({ exits }) => exits >= START_ATTEMPTS);
  if (broken !== undefined) {
    const how = broken.state.kind === 'exited' ? ` (${broken.state.how})` : '';
    return { of: 'start', reason: `${broken.id} ended ${broken.exits} times${how}` };
  }
  const late = wanted.find(
    (instance) => instance.state.kind !== 'ready' && now >= readyBy(instance, { service, open }),
  );
  if (late !== undefined) {
    const reason = `${late.id} was not ready within ${seconds(service.rollout.healthyDeadlineMs)}${because(late)}`;
    return { of: 'start', reason };
  }
  // Worse than nothing is nothing: where there is no way back, it goes on.
  const regression = seen.stable === undefined ? undefined : evidenceOf(roster)?.regression;
  return regression === undefined ? undefined : { of: 'rollout', reason: regression };
}

/** What is decided next on the rollout of the generation asked for, or what it waits for. */
export function judge(roster: Roster, standing: Standing, now: number): Step[] {
  const { service, seen, goal, startable } = roster;
  if (!isOpen(roster)) return [];
  const { name } = service;
  if (isPaused(roster)) return [rest(name, 'its rollout is paused: `islet rollout resume` goes on with it')];
  if (standing.shift?.current !== undefined) return judgeStep(roster, standing.shift, standing, now);
  if (standing.settled.length >= service.instances && startable) {
    return [{ kind: 'promote', service: name, revision: goal.revision, generation: goal.generation }];
  }
  return seen.failed[goal.generation] === undefined ? waitForReady(service, standing.wanted) : [];
}

/**
 * A step of a canary ends when it has lasted long enough, and enough requests have been answered, if they can be had.
 */
function judgeStep(roster: Roster, shift: Shift, { wanted, settled }: Standing, now: number): Step[] {
  const { service, goal } = roster;
  const { name } = service;
  const { current, since } = shift;
  if (current === undefined || since === undefined) return waitForReady(service, wanted);
  const until = since + current.holdMs;
  if (now < until) return [{ kind: 'wait', service: name, why: describeShift(shift, goal.revision), until }];

  const evidence = evidenceOf(roster);
  // Nobody has looked yet, as when a control plane has just begun: that is not the silence that a step may end with.
  const looked = Math.max(until, service.since) + LOOK_MS;
  if (evidence === undefined && current.requests > 0 && now < looked) {
    return [{ kind: 'wait', service: name, why: `looks at the requests of ${short(goal.revision)}`, until: looked }];
  }
  const requests = evidence?.requests ?? 0;
  const tooFew = requests < current.requests;
  const { generation } = goal;
  if (tooFew && evidence?.probes === 'possible') {
    return [{ kind: 'sample', service: name, generation, requests: current.requests - requests }];
  }
  const told = tooFew ? `only ${requests} of ${current.requests} requests` : (evidence?.summary ?? 'no requests');
  if (current.byHand === 'always' || (tooFew && current.byHand === 'too-few')) {
    const why = `${describeShift(shift, goal.revision)}; ${told}: \`islet rollout promote\` or \`abort\` decides`;
    return [rest(name, why)];
  }
  if (settled.length < shift.count) {
    return [...waitForReady(service, wanted), ...waitForHealthy(service, wanted, now)];
  }
  return [
    { kind: 'advance', service: name, generation, step: shift.step + 1, why: `${seconds(now - since)}, ${told}` },
  ];
}

function evidenceOf({ seen, goal }: Roster): Evidence | undefined {
  return seen.evidence?.generation === goal.generation ? seen.evidence : undefined;
}

function describeShift({ split, current }: Shift, revision: string): string {
  const percent = split?.weights[revision] ?? 0;
  const copied = current?.mirrorPercent ?? 0;
  if (percent === 0 && copied > 0) return `${short(revision)} gets copies of ${copied} % of the safe requests`;
  if (percent === 0) return `${short(revision)} can be previewed`;
  return `${short(revision)} gets ${percent} % of the requests`;
}

function rest(service: string, why: string): Step {
  return { kind: 'wait', service, why, until: undefined, rest: 'paused' };
}

/**
 * When an instance that is not ready has failed. Counted from when somebody looked: a control plane that was away has
 * not seen whether it was ready in time. One that has been promoted was ready once: there it is since it fell ill.
 */
function readyBy(
  { firstStartedAt, state }: ObservedInstance,
  { service, open }: { readonly service: PresentService; readonly open: boolean },
): number {
  const from = open ? firstStartedAt : state.kind === 'exited' ? state.at : state.since;
  return Math.max(from, service.since) + service.rollout.healthyDeadlineMs;
}

/** What is not ready in time has failed, so this is when to look again. */
function waitForReady(service: PresentService, wanted: readonly ObservedInstance[]): Step[] {
  return wanted
    .filter(({ state }) => state.kind !== 'ready')
    .map((instance) => {
      const why = `waits for ${instance.id} to be ready${because(instance)}`;
      return { kind: 'wait', service: service.name, why, until: readyBy(instance, { service, open: true }) };
    });
}

/** An instance replaces another only when it has been ready for long enough. */
export function waitForHealthy(
  { name, rollout }: PresentService,
  wanted: readonly ObservedInstance[],
  now: number,
): Step[] {
  return wanted.flatMap(({ id, state }) => {
    const until = state.kind === 'ready' ? state.since + rollout.minHealthyMs : now;
    return until > now ? [{ kind: 'wait', service: name, why: `${id} must stay ready`, until }] : [];
  });
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
