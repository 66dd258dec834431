import {
  type Desired,
  type Endpoints,
  type Observed,
  type ObservedService,
  type PresentService,
  type Step,
  stepKey,
} from './model.ts';
import { goalOf, prepare, startGate } from './prepare.ts';
import { type Roster, roll } from './roll.ts';
import { takeDown } from './take-down.ts';
import { type Decision, PROXY, seenOf, type Turn } from './turn.ts';

/**
 * What to do next so that `observed` becomes `desired`: every step that may be taken now, in any order or at once.
 *
 * Pure and level-based: it looks at what is, never at what happened, so a control plane killed at any instant loses
 * nothing by asking again. A step that is under way is not asked for twice. When nothing is left to do the list is empty;
 * when something has to be waited for, it holds a `wait` that says for what, and until when at the latest.
 *
 * What it promises, and `test/plan.property.test.ts` checks: no ready instance is stopped while nothing replaces it; an
 * instance is stopped only after the proxy has acknowledged its removal and its requests have ended (or the drain's
 * deadline has passed); a failed rollout ends on the last generation that worked; it converges, and then plans nothing.
 */
export function plan(desired: Desired, observed: Observed, now: number): Step[] {
  const turn: Turn = { desired, observed, now };
  const decisions = desired.services.map((service) => ({
    service: service.name,
    ...(service.kind === 'present' ? bringUp(service, turn) : takeDown(service, turn)),
  }));
  const endpoints = Object.fromEntries(
    decisions.filter(({ endpoints }) => endpoints.length > 0).map(({ service, endpoints }) => [service, endpoints]),
  );
  return [...decisions.flatMap(({ steps }) => steps), ...publish(endpoints, turn)].flatMap((step) =>
    unlessHeld(step, turn),
  );
}

function bringUp(service: PresentService, turn: Turn): Decision {
  const seen = seenOf(service.name, turn.observed);
  const goal = goalOf(service, seen);
  if (goal === undefined) return { steps: forget(service, seen), endpoints: [] };

  const preparation = prepare(service, seen, goal);
  const gate = preparation.ready ? startGate(service, seen, turn) : undefined;
  const roster: Roster = { service, seen, goal, startable: preparation.ready && gate === undefined };
  const { steps, endpoints } = roll(roster, turn);
  return {
    steps: [...preparation.steps, ...(gate === undefined ? [] : [gate]), ...steps, ...forget(service, seen)],
    endpoints,
  };
}

/** Bytes that no rollback and no instance needs any more. */
function forget(service: PresentService, seen: ObservedService): Step[] {
  const needed = new Set([
    service.revision,
    seen.stable?.revision,
    ...service.keep,
    ...seen.instances.map(({ revision }) => revision),
  ]);
  return seen.built
    .filter((revision) => !needed.has(revision))
    .map((revision) => ({ kind: 'forget', service: service.name, revision }));
}

function publish(endpoints: Endpoints, { desired, observed }: Turn): Step[] {
  const { acknowledged } = observed.traffic;
  if (acknowledged === undefined) {
    return [{ kind: 'wait', service: PROXY, why: 'waits for the proxy', until: undefined }];
  }
  const same = acknowledged.routes === desired.routes && sameEndpoints(acknowledged.endpoints, endpoints);
  return same ? [] : [{ kind: 'publish', routes: desired.routes, endpoints }];
}

function sameEndpoints(some: Endpoints, others: Endpoints): boolean {
  const names = new Set([...Object.keys(some), ...Object.keys(others)]);
  return [...names].every((name) => (some[name] ?? []).join() === (others[name] ?? []).join());
}

function unlessHeld(step: Step, { observed, now }: Turn): Step[] {
  if (step.kind === 'wait') return [step];
  const hold = observed.held[stepKey(step)];
  if (hold === undefined) return [step];
  if (hold.kind === 'running') return [];
  if (hold.until <= now) return [step];
  return [{ kind: 'wait', service: 'service' in step ? step.service : PROXY, why: hold.reason, until: hold.until }];
}
