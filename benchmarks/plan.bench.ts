import {
  type Desired,
  generationOf,
  instanceId,
  type Observed,
  type ObservedInstance,
  type ObservedService,
  type PresentService,
  plan,
  type RevisionId,
  unseen,
} from '@islet/plan';
import type { Benchmark, Context } from './context.ts';
import { type Claim, medianFigure } from './measure/claim.ts';

/** One turn of the decision that everything waits for, in a system far larger than one machine holds. */
export const planning: Benchmark = { name: 'plan', claims };

const SERVICES = 1_000;
const INSTANCES = 5;
/** Of the new revision, in the middle of a rollout. */
const REPLACED = 2;
const NOW = 1_000_000;
/** The first calls run before the compiler has seen enough. */
const WARM_UP = 10;

async function* claims({ times, progress }: Context): AsyncIterable<Claim> {
  for (const { name, what, desired, observed, expected } of worlds()) {
    progress(`plan ${name}`);
    const steps = plan(desired, observed, NOW).filter(({ kind }) => kind !== 'wait').length;
    if ((steps === 0) !== (expected === 'none')) throw new Error(`the plan of ${name} has ${steps} steps`);
    const samples: number[] = [];
    for (let call = 0; call < WARM_UP + times(60, 20); call += 1) {
      const since = performance.now();
      plan(desired, observed, NOW);
      if (call >= WARM_UP) samples.push(performance.now() - since);
    }
    yield {
      claim: `plan.${name}`,
      unit: 'ms',
      better: 'less',
      islet: medianFigure(samples),
      peers: {},
      method: `One call of plan for ${SERVICES} services × ${INSTANCES} instances, each using the one before it; ${what}: ${steps} steps. After ${WARM_UP} calls to warm up. No peer: it is a function inside of Islet.`,
    };
  }
}

interface World {
  readonly name: string;
  readonly what: string;
  readonly desired: Desired;
  readonly observed: Observed;
  readonly expected: 'none' | 'some';
}

function worlds(): World[] {
  const names = Array.from({ length: SERVICES }, (_, index) => `service-${String(index).padStart(4, '0')}`);
  const desired: Desired = { routes: 'routes', services: names.map((name, index) => wanted(name, names[index - 1])) };
  const converged = names.map((name) => seen(name, instances(name, 'new', INSTANCES)));
  const rolling = names.map((name) =>
    seen(name, [...instances(name, 'new', REPLACED), ...instances(name, 'old', INSTANCES - REPLACED)]),
  );
  return [
    { name: 'converged', what: 'all is as asked', desired, observed: world(converged), expected: 'none' },
    {
      name: 'rollout',
      what: `each with ${REPLACED} instances replaced`,
      desired,
      observed: world(rolling),
      expected: 'some',
    },
    { name: 'from-nothing', what: 'none was ever built', desired, observed: world([]), expected: 'some' },
  ];
}

function wanted(name: string, before: string | undefined): PresentService {
  return {
    kind: 'present',
    name,
    revision: 'new',
    generation: generationOf('new', 0),
    instances: INSTANCES,
    drained: [],
    after: before === undefined ? [] : [before],
    hasStore: false,
    migrates: false,
    exclusive: false,
    rollout: { maxSurge: 1, maxUnavailable: 0, minHealthyMs: 10_000, healthyDeadlineMs: 120_000, steps: [], bakeMs: 0 },
    wave: undefined,
    drainMs: 30_000,
    longLivedMs: 300_000,
    stopGraceMs: 10_000,
    blocked: [],
    keep: [],
    since: 0,
  };
}

function instances(name: string, revision: RevisionId, count: number): ObservedInstance[] {
  const generation = generationOf(revision, 0);
  return Array.from({ length: count }, (_, index) => ({
    id: instanceId(name, generation, index),
    revision,
    generation,
    index,
    exits: 0,
    firstStartedAt: 0,
    state: { kind: 'ready', since: 0 },
  }));
}

function seen(name: string, running: readonly ObservedInstance[]): ObservedService {
  const revision = running.at(-1)?.revision ?? 'new';
  return {
    ...unseen(name),
    built: ['new', 'old'].filter((built) => running.some((instance) => instance.revision === built)),
    instances: running.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    stable: { revision, generation: generationOf(revision, 0) },
    hasFiles: true,
  };
}

function world(services: readonly ObservedService[]): Observed {
  const endpoints = Object.fromEntries(services.map(({ name, instances }) => [name, instances.map(({ id }) => id)]));
  return {
    services: Object.fromEntries(services.map((service) => [service.name, service])),
    traffic: {
      acknowledged: { routes: 'routes', endpoints, warm: {}, splits: {} },
      inFlight: {},
      longLived: {},
      removedAt: {},
    },
    held: {},
  };
}
