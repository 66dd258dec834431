import type { Desired, Observed, ObservedInstance, ObservedService, PresentService } from '../src/model.ts';
import { generationOf, instanceId } from '../src/model.ts';
import { unseen } from '../src/turn.ts';

export const PACE = {
  maxSurge: 1,
  maxUnavailable: 0,
  minHealthyMs: 10_000,
  healthyDeadlineMs: 120_000,
  steps: [],
  bakeMs: 0,
};

export function present(name: string, changes: Partial<PresentService> = {}): PresentService {
  const revision = changes.revision ?? 'r1';
  return {
    kind: 'present',
    name,
    revision,
    generation: generationOf(revision, 0),
    instances: 1,
    drained: [],
    after: [],
    hasStore: false,
    migrates: false,
    exclusive: false,
    rollout: PACE,
    wave: undefined,
    drainMs: 30_000,
    longLivedMs: 300_000,
    stopGraceMs: 10_000,
    blocked: [],
    keep: [],
    since: 0,
    ...changes,
  };
}

export function asked(...services: Desired['services']): Desired {
  return { services, routes: 'routes' };
}

export const NOTHING: Observed = {
  services: {},
  traffic: {
    acknowledged: { routes: 'routes', endpoints: {}, warm: {}, splits: {} },
    inFlight: {},
    longLived: {},
    removedAt: {},
  },
  held: {},
};

/** A world in which the service serves with `count` ready instances of a promoted revision, all routed. */
export function serving(
  name: string,
  revision: string,
  count: number,
  changes: Partial<ObservedService> = {},
): Observed {
  const generation = generationOf(revision, 0);
  const instances = Array.from({ length: count }, (_, index) => ready(name, revision, index));
  const service = {
    ...unseen(name),
    built: [revision],
    migrated: [revision],
    instances,
    stable: { revision, generation },
  };
  return withService(NOTHING, { ...service, hasFiles: true, ...changes });
}

export function withService(world: Observed, service: ObservedService): Observed {
  const routed = service.instances.filter(({ state }) => state.kind === 'ready').map(({ id }) => id);
  const endpoints = { ...world.traffic.acknowledged?.endpoints, [service.name]: routed };
  return {
    ...world,
    services: { ...world.services, [service.name]: service },
    traffic: { ...world.traffic, acknowledged: { routes: 'routes', endpoints, warm: {}, splits: {} } },
  };
}

export function ready(
  name: string,
  revision: string,
  index: number,
  changes: Partial<ObservedInstance> = {},
): ObservedInstance {
  const generation = generationOf(revision, 0);
  return {
    id: instanceId(name, generation, index),
    revision,
    generation,
    index,
    exits: 0,
    firstStartedAt: 0,
    state: { kind: 'ready', since: 0 },
    ...changes,
  };
}
