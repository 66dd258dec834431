import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isDrained } from '../src/drained.ts';
import {
  type Desired,
  type Observed,
  type ObservedInstance,
  type PresentService,
  plan,
  type Step,
} from '../src/index.ts';
import { eachTurn } from './walk.ts';

describe('plan, on every turn of a random walk', () => {
  it('answers alike however services are listed, and changes nothing of what it is given', () => {
    eachTurn((asked, world, now) => {
      const steps = plan(frozen(asked), frozen(world), now);
      assert.deepEqual(plan(asked, world, now), steps);
      const turned = { ...asked, services: asked.services.toReversed() };
      assert.deepEqual(sorted(plan(turned, world, now)), sorted(steps));
    });
  });

  it('stops nothing that runs while requests, tunnels or streams of it may still end in time', () => {
    eachTurn((asked, world, now) => {
      for (const step of plan(asked, world, now)) {
        if (step.kind !== 'stop') continue;
        const service = asked.services.find(({ name }) => name === step.service);
        const instance = world.services[step.service]?.instances.find(({ id }) => id === step.instance);
        if (service === undefined || !runs(instance)) continue;
        const { inFlight, longLived, removedAt } = world.traffic;
        const left = now - (removedAt[step.instance] ?? now);
        const streams = longLived[step.instance] ?? 0;
        const requests = (inFlight[step.instance] ?? 0) - streams;
        // Where two can't run at once nobody serves meanwhile, so streams have no more time than requests.
        const isAlone = service.kind === 'present' && service.exclusive;
        assert.ok(requests === 0 || left >= service.drainMs);
        assert.ok(streams === 0 || left >= (isAlone ? service.drainMs : service.longLivedMs));
      }
    });
  });

  it('starts no generation beside another where two of a service can’t run at once', () => {
    eachTurn((asked, world, now) => {
      for (const { service, starts, seen } of risingIn(asked, world, now)) {
        if (!service.exclusive) continue;
        const generations = new Set(starts.map(({ generation }) => generation));
        assert.ok(generations.size <= 1);
        const others = seen.filter((it) => it.state.kind !== 'exited' && !generations.has(it.generation));
        assert.ok(starts.length === 0 || others.length === 0);
      }
    });
  });

  it('runs no more than are asked for and the surge, where traffic moves with the instances', () => {
    eachTurn((asked, world, now) => {
      for (const { service, starts, seen } of risingIn(asked, world, now)) {
        if (service.rollout.steps.length > 0) continue;
        const counted = seen.filter((it) => !isDrained(service, it));
        const added = starts.filter(({ instance }) => !seen.some(({ id }) => id === instance));
        const room = Math.max(
          0,
          service.instances + (service.exclusive ? 0 : service.rollout.maxSurge) - counted.length,
        );
        assert.ok(added.length <= room);
      }
    });
  });

  it('waits only for instants that are still to come, so that its loop always sleeps', () => {
    eachTurn((asked, world, now) => {
      for (const step of plan(asked, world, now)) {
        if (step.kind === 'wait' && step.until !== undefined) assert.ok(step.until > now, step.why);
      }
    });
  });
});

interface Rising {
  readonly service: PresentService;
  readonly starts: readonly Extract<Step, { kind: 'start' }>[];
  readonly seen: readonly ObservedInstance[];
}

function risingIn(asked: Desired, world: Observed, now: number): readonly Rising[] {
  const steps = plan(asked, world, now);
  return asked.services.flatMap((service) => {
    if (service.kind === 'absent') return [];
    const starts = steps.filter((step) => step.kind === 'start').filter((step) => step.service === service.name);
    return [{ service, starts, seen: world.services[service.name]?.instances ?? [] }];
  });
}

function runs(instance: ObservedInstance | undefined): boolean {
  return instance !== undefined && instance.state.kind !== 'exited' && instance.state.kind !== 'stopping';
}

/** Apart from the order of names in a sentence, and of keys. */
function sorted(steps: readonly Step[]): readonly string[] {
  const words = (key: string, value: unknown) => (key === 'why' ? undefined : isRecord(value) ? byKey(value) : value);
  return steps.map((step) => JSON.stringify(step, words)).sort();
}

function byKey(record: object): object {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) frozen(inner);
  return Object.freeze(value);
}
