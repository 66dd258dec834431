import type { ObservedService, PresentService, StableGeneration, Step } from './model.ts';
import { isBaking, type Roster } from './roster.ts';
import { seenOf, type Turn } from './turn.ts';

/**
 * A service whose dependency is not ready starts all the same after this long: no service waits for ever on another.
 */
export const START_PATIENCE_MS = 60_000;

/**
 * The generation to run: the one asked for, unless it is blocked or held back (then what runs goes on running) or its
 * rollout failed and an earlier one works. Undefined: there is nothing that could run.
 */
export function goalOf(
  service: PresentService,
  seen: ObservedService,
  { isHeldBack }: { readonly isHeldBack: boolean },
): StableGeneration | undefined {
  const asked = { revision: service.revision, generation: service.generation };
  if (service.blocked.length > 0 || isHeldBack) return seen.stable ?? seen.instances[0];
  const failed = seen.failed[service.generation] !== undefined;
  return failed && seen.stable !== undefined ? seen.stable : asked;
}

export interface Preparation {
  readonly steps: readonly Step[];
  /** The goal's instances may be started, as far as the service itself is concerned. */
  readonly ready: boolean;
}

/** Bytes, store and schema, before the first instance. What failed is not tried again until it is asked for again. */
export function prepare(service: PresentService, seen: ObservedService, goal: StableGeneration): Preparation {
  const built = seen.built.includes(goal.revision);
  const stored = !service.hasStore || seen.store.kind === 'ready';
  const migrated = !service.migrates || seen.migrated.includes(goal.revision);
  const mayTry = seen.failed[goal.generation] === undefined;
  // The files are those of the revision asked for by now: built of them, an older one would be another under its name.
  const mayBuild = mayTry && goal.revision === service.revision;

  const steps: Step[] = [];
  if (!built && mayBuild) steps.push({ kind: 'build', service: service.name, revision: goal.revision });
  if (!stored && (mayTry || seen.instances.length > 0)) steps.push({ kind: 'provision', service: service.name });
  if (built && stored && !migrated && mayTry) {
    steps.push({ kind: 'migrate', service: service.name, revision: goal.revision });
  }
  if (seen.store.kind === 'ready' && seen.store.retirable) steps.push({ kind: 'retire', service: service.name });
  return { steps, ready: built && stored && migrated };
}

/**
 * What takes away from the schema waits until nothing needs it: the revision was promoted, has baked, and no instance
 * of another one is there. From then on there is no way back to those before.
 */
export function contract({ service, seen, goal }: Omit<Roster, 'startable'>, now: number): Step[] {
  const { stable, contracts, instances, store } = seen;
  if (!contracts.includes(goal.revision) || store.kind !== 'ready') return [];
  if (goal.generation !== service.generation || stable?.generation !== goal.generation) return [];
  if (isBaking({ service, seen, goal }, now)) return [];
  if (instances.length === 0 || instances.some(({ revision }) => revision !== goal.revision)) return [];
  return [{ kind: 'contract', service: service.name, revision: goal.revision }];
}

/**
 * Services start in the order of `uses`, but only a cold start waits: a service that already serves is not held up, and
 * one whose dependency is blocked, failed or slow starts without it. Undefined: go.
 */
export function startGate(service: PresentService, seen: ObservedService, turn: Turn): Step | undefined {
  const until = service.since + START_PATIENCE_MS;
  if (turn.now >= until || seen.instances.some(({ state }) => state.kind === 'ready')) return undefined;
  const missing = service.after.filter((name) => isOnItsWay(name, turn));
  if (missing.length === 0) return undefined;
  return { kind: 'wait', service: service.name, why: `waits for ${missing.join(', ')} to be ready`, until };
}

function isOnItsWay(name: string, { desired, observed }: Turn): boolean {
  const service = desired.services.find((candidate) => candidate.name === name);
  if (service?.kind !== 'present' || service.instances === 0) return false;
  const seen = seenOf(name, observed);
  if (seen.instances.some(({ state }) => state.kind === 'ready')) return false;
  return service.blocked.length === 0 && seen.failed[service.generation] === undefined;
}
