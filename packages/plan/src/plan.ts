import { afterFailure } from './assume.ts';
import { failureOf } from './judge.ts';
import {
  type AcknowledgedRoutes,
  type Desired,
  type InstanceId,
  type Observed,
  type ObservedService,
  type PresentService,
  type RolloutFailure,
  type Split,
  type Step,
  stepKey,
} from './model.ts';
import { contract, goalOf, prepare, startGate } from './prepare.ts';
import { roll } from './roll.ts';
import type { Roster } from './roster.ts';
import { takeDown } from './take-down.ts';
import { type Decision, PROXY, seenOf, type Turn } from './turn.ts';
import { waveGate } from './wave.ts';

/**
 * What to do next so that `observed` becomes `desired`: every step that may be taken now, in any order or at once.
 *
 * Pure and level-based: it looks at what is, never at what happened, so a control plane killed at any instant loses
 * nothing by asking again. A step that is under way is not asked for twice. When nothing is left to do the list is
 * empty; when something has to be waited for, it holds a `wait` that says for what, and until when at the latest.
 *
 * What it promises, and `test/plan.property.test.ts` checks: no ready instance is stopped while nothing replaces it; an
 * instance is stopped only after the proxy has acknowledged its removal and what is in flight has ended (or its
 * deadline in the drain has passed); a revision that is given up gets no request from that same turn on, and its
 * rollout ends on the last generation that worked; it converges, and then plans nothing.
 */
export function plan(desired: Desired, observed: Observed, now: number): Step[] {
  const turn: Turn = { desired, observed, now };
  const decisions = desired.services.map((service) => ({
    service: service.name,
    ...(service.kind === 'present' ? bringUp(service, turn) : takeDown(service, turn)),
  }));
  const serving = decisions.filter(({ endpoints }) => endpoints.length > 0);
  const endpoints = Object.fromEntries(serving.map(({ service, endpoints }) => [service, endpoints]));
  const warm = Object.fromEntries(
    decisions.flatMap(({ service, warm }) => (warm.length === 0 ? [] : [[service, warm] as const])),
  );
  const splits = Object.fromEntries(
    serving.flatMap(({ service, split }) => (split === undefined ? [] : [[service, split] as const])),
  );
  return [...decisions.flatMap(({ steps }) => steps), ...publish({ endpoints, warm, splits }, turn)].flatMap((step) =>
    unlessHeld(step, turn),
  );
}

function bringUp(service: PresentService, turn: Turn): Decision {
  const seen = seenOf(service.name, turn.observed);
  const gate = waveGate(service, seen, turn);
  const goal = goalOf(service, seen, { isHeldBack: gate !== undefined });
  if (goal === undefined) return { steps: forget(service, seen), endpoints: [], warm: [], split: undefined };

  const preparation = prepare(service, seen, goal);
  const start = preparation.ready ? startGate(service, seen, turn) : undefined;
  const roster: Roster = { service, seen, goal, startable: preparation.ready && start === undefined };
  const failure = failureOf(roster, turn.now);
  if (failure !== undefined) return giveUp(roster, failure, turn);

  const { steps, ...routed } = roll(roster, turn);
  const gates = [gate, start].filter((step) => step !== undefined);
  const late = [...contract(roster, turn.now), ...forget(service, seen)];
  return { steps: [...preparation.steps, ...gates, ...steps, ...late], ...routed };
}

/**
 * In the turn that gives a generation up it is already treated as given up: traffic leaves it at once, and does not
 * wait for the record. Nothing is stopped yet: what it printed last is read first.
 */
function giveUp({ service, seen, goal }: Roster, failure: RolloutFailure, turn: Turn): Decision {
  const fail = { kind: 'fail', service: service.name, generation: goal.generation, ...failure } as const;
  const services = { ...turn.observed.services, [service.name]: afterFailure(seen, fail) };
  const back = bringUp(service, { ...turn, observed: { ...turn.observed, services } });
  return { ...back, steps: [fail, ...back.steps.filter(({ kind }) => kind !== 'stop')] };
}

/** Bytes that no rollback and no instance needs any more. */
function forget(service: PresentService, seen: ObservedService): Step[] {
  const needed = new Set([
    service.revision,
    seen.stable?.revision,
    seen.fallback?.revision,
    ...service.keep,
    ...seen.instances.map(({ revision }) => revision),
  ]);
  return seen.built
    .filter((revision) => !needed.has(revision))
    .map((revision) => ({ kind: 'forget', service: service.name, revision }));
}

function publish(wanted: Omit<AcknowledgedRoutes, 'routes'>, { desired, observed }: Turn): Step[] {
  const { acknowledged } = observed.traffic;
  if (acknowledged === undefined) {
    return [{ kind: 'wait', service: PROXY, why: 'waits for the proxy', until: undefined }];
  }
  const same =
    acknowledged.routes === desired.routes &&
    sameByName(acknowledged.endpoints, wanted.endpoints, (ids) => ids.join()) &&
    sameByName(acknowledged.warm, wanted.warm, (ids) => ids.join()) &&
    sameByName(acknowledged.splits, wanted.splits, splitText);
  return same ? [] : [{ kind: 'publish', routes: desired.routes, ...wanted }];
}

function sameByName<T>(some: Named<T>, others: Named<T>, textOf: (one: T) => string): boolean {
  const names = new Set([...Object.keys(some), ...Object.keys(others)]);
  const textIn = (all: Named<T>, name: string) => {
    const found = all[name];
    return found === undefined ? '' : textOf(found);
  };
  return [...names].every((name) => textIn(some, name) === textIn(others, name));
}

type Named<T> = Readonly<Record<string, T>>;

function splitText({ weights, stable, candidate, mirrorPercent }: Split): string {
  const shares = Object.entries(weights).sort(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify([shares, stable, candidate, mirrorPercent]);
}

function unlessHeld(step: Step, { observed, now }: Turn): Step[] {
  if (step.kind === 'wait') return [step];
  if (step.kind === 'start' && isBeingEnded(step.instance, observed)) return [];
  const hold = observed.held[stepKey(step)];
  if (hold === undefined) return [step];
  if (hold.kind === 'running') return [];
  if (hold.until <= now) return [step];
  return [{ kind: 'wait', service: 'service' in step ? step.service : PROXY, why: hold.reason, until: hold.until }];
}

/** It may be gone already, but whoever ends it still tidies up what its next process would need. */
function isBeingEnded(instance: InstanceId, { held }: Observed): boolean {
  return ENDS.some((kind) => held[`${kind} ${instance}`]?.kind === 'running');
}

const ENDS = ['stop', 'kill'] as const;
