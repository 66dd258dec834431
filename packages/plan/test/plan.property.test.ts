import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { slotsOf } from '../src/drained.ts';
import { assume, bakesUntil, type DesiredService, type Observed, plan, preview, stepKey } from '../src/index.ts';
import { eachTurn, setState, walk, walks } from './walk.ts';

/**
 * After each move of a random walk the promises of `plan` are checked; at the end the faults stop, and the world must
 * converge.
 */
describe('plan, whatever happens', () => {
  it('asks for no step twice, for none under way, and only for services asked for', () => {
    eachTurn((asked, world, now) => {
      const steps = plan(asked, world, now).filter(({ kind }) => kind !== 'wait');
      assert.equal(new Set(steps.map(stepKey)).size, steps.length);
      const held = Object.fromEntries(steps.map((step) => [stepKey(step), { kind: 'running', step } as const]));
      // While an instance too many is stopped, say, its generation may be promoted; nothing is asked for again.
      const again = plan(asked, { ...world, held }, now).filter((step) => stepKey(step) in held);
      assert.deepEqual(again, []);
    });
  });

  it('stops no ready instance while nothing replaces it', () => {
    eachTurn((asked, world, now) => {
      const stopped = new Set(plan(asked, world, now).flatMap((step) => (step.kind === 'stop' ? [step.instance] : [])));
      for (const service of asked.services) {
        if (service.kind === 'absent' || service.exclusive) continue;
        const routed = world.traffic.acknowledged?.endpoints[service.name] ?? [];
        // What a person took out, or what was given up, serves nobody, so that its end costs nobody.
        const ready = readyOf(world, service.name).filter(
          (id) => routed.includes(id) || !(isOut(service, id) || isGivenUp(world, service.name, id)),
        );
        const left = ready.filter((id) => !stopped.has(id)).length;
        assert.ok(left >= Math.min(ready.length, service.instances - service.rollout.maxUnavailable));
      }
    });
  });

  it('stops nothing that runs before the proxy let go of it', () => {
    eachTurn((asked, world, now) => {
      const { endpoints = {}, warm = {} } = world.traffic.acknowledged ?? {};
      const routed = [endpoints, warm].flatMap((some) => Object.values(some).flat());
      for (const step of plan(asked, world, now)) {
        if (step.kind !== 'stop') continue;
        const instance = world.services[step.service]?.instances.find(({ id }) => id === step.instance);
        if (instance?.state.kind !== 'exited') assert.ok(!routed.includes(step.instance));
      }
    });
  });

  it('routes only to ready instances', () => {
    eachTurn((asked, world, now) => {
      for (const step of plan(asked, world, now)) {
        if (step.kind !== 'publish') continue;
        for (const [name, ids] of [step.endpoints, step.warm].flatMap(Object.entries<readonly string[]>)) {
          for (const id of ids) assert.ok(readyOf(world, name).includes(id));
        }
      }
    });
  });

  it('lets nobody be asked in need but who was promoted before, and was neither given up nor taken out', () => {
    eachTurn((asked, world, now) => {
      for (const step of plan(asked, world, now)) {
        if (step.kind !== 'publish') continue;
        for (const [name, ids] of Object.entries(step.warm)) {
          const service = asked.services.find((one) => one.name === name);
          const seen = world.services[name];
          assert.ok(service?.kind === 'present' && !service.exclusive && step.splits[name] === undefined);
          assert.ok(ids.every((id) => !isOut(service, id) && !isGivenUp(world, name, id)));
          assert.ok(ids.every((id) => id.startsWith(`${name}-${seen?.fallback?.generation}-`)));
          assert.ok(ids.every((id) => !step.endpoints[name]?.includes(id)));
        }
      }
    });
  });

  it('lets everybody be asked in need that is kept to go back to', () => {
    eachTurn((asked, world, now) => {
      const steps = plan(asked, world, now);
      const table = steps.find(({ kind }) => kind === 'publish') ?? world.traffic.acknowledged;
      if (table === undefined || !('endpoints' in table)) return;
      for (const service of asked.services) {
        const seen = world.services[service.name];
        const isGivenUpNow = steps.some((step) => step.kind === 'fail' && step.service === service.name);
        if (service.kind === 'absent' || service.exclusive || seen === undefined || isGivenUpNow) continue;
        const until = bakesUntil(service, seen);
        if (until === undefined || now >= until) continue;
        const { name } = service;
        const own = slotsOf(service, seen.fallback?.generation ?? '', service.instances);
        const kept = seen.instances.filter(
          ({ generation, index, state }) =>
            generation === seen.fallback?.generation && own.has(index) && state.kind === 'ready',
        );
        const reached = [...(table.endpoints[name] ?? []), ...(table.warm[name] ?? [])];
        assert.ok(kept.every(({ id }) => reached.includes(id)));
      }
    });
  });

  it('brings nothing back into traffic that a person took out, unless nobody else could answer', () => {
    eachTurn((asked, world, now) => {
      for (const step of plan(asked, world, now)) {
        if (step.kind !== 'publish') continue;
        for (const service of asked.services) {
          const before = world.traffic.acknowledged?.endpoints[service.name] ?? [];
          const back = (step.endpoints[service.name] ?? []).filter((id) => isOut(service, id) && !before.includes(id));
          if (back.length === 0) continue;
          const others = readyOf(world, service.name).filter((id) => !isOut(service, id));
          assert.deepEqual(others, []);
        }
      }
    });
  });

  it('shares out all of the requests, and gives a share only to revisions that are routed to', () => {
    eachTurn((asked, world, now) => {
      for (const step of plan(asked, world, now)) {
        if (step.kind !== 'publish') continue;
        for (const [name, { weights, stable, candidate }] of Object.entries(step.splits)) {
          const sum = Object.values(weights).reduce((added, percent) => added + percent, 0);
          assert.ok(Math.abs(sum - 100) < 1e-9);
          assert.ok(candidate in weights);
          const all = world.services[name]?.instances ?? [];
          const routed = all.filter(({ id }) => step.endpoints[name]?.includes(id));
          assert.ok(routed.some(({ revision }) => revision === candidate));
          // Older ones may stand in for instances of the stable one that are not ready.
          const others = Object.keys(weights).filter((revision) => revision !== stable && revision !== candidate);
          assert.ok(others.every((other) => routed.some(({ revision }) => revision === other)));
        }
      }
    });
  });

  it('takes the traffic from a generation in the turn that gives it up, where the one before serves', () => {
    eachTurn((asked, world, now) => {
      const planned = plan(asked, world, now);
      for (const step of planned) {
        if (step.kind !== 'fail') continue;
        const after = assume(step, world, now).services[step.service];
        const stable = after?.stable?.generation;
        const service = asked.services.find(({ name }) => name === step.service);
        const ready = (generation: string | undefined) =>
          after?.instances.filter((it) => it.generation === generation && it.state.kind === 'ready') ?? [];
        if (service?.kind !== 'present' || stable === undefined) continue;
        if (ready(stable).filter(({ id }) => !isOut(service, id)).length < service.instances) continue;
        const routed = planned.flatMap((it) => (it.kind === 'publish' ? [it.endpoints[step.service] ?? []] : []))[0];
        const failed = ready(step.generation).map(({ id }) => id);
        const served = routed ?? world.traffic.acknowledged?.endpoints[step.service] ?? [];
        assert.ok(failed.every((id) => !served.includes(id)));
      }
    });
  });

  it('converges once the faults stop, and then plans nothing', () => {
    fc.assert(
      fc.property(walks, ([first, moves]) => {
        const { desired, world, now } = walk(first, moves, () => {});
        const calm = healed(world);
        const steps = preview(desired, calm, now);
        const end = steps.reduce((state, step) => assume(step, state, now), calm);
        const later = now + 10_000_000;
        const rest = plan(desired, end, later);
        assert.deepEqual(
          rest.filter((step) => step.kind !== 'wait' || !['held-back', 'drained'].includes(step.rest ?? '')),
          [],
        );
        const held = new Set(
          rest.flatMap((step) => (step.kind === 'wait' && step.rest === 'held-back' ? [step.service] : [])),
        );
        for (const service of desired.services) assertConverged(service, end, held.has(service.name));
      }),
      { numRuns: 1000 },
    );
  });
});

/** Faults stop: the proxy answers, and what runs gets ready. */
function healed(world: Observed): Observed {
  const acknowledged = world.traffic.acknowledged ?? { routes: 'routes', endpoints: {}, warm: {}, splits: {} };
  const ids = Object.values(world.services).flatMap(({ instances }) => instances);
  const running = ids.filter(({ state }) => state.kind === 'starting' || state.kind === 'unready');
  const calm = running.reduce((seen, { id }) => setState(seen, id, { kind: 'ready', since: 0 }), world);
  return { ...calm, traffic: { ...calm.traffic, acknowledged } };
}

function assertConverged(service: DesiredService, end: Observed, isHeldBack: boolean): void {
  const seen = end.services[service.name];
  const routed = end.traffic.acknowledged?.endpoints[service.name] ?? [];
  if (service.kind === 'absent') {
    assert.deepEqual(seen?.instances ?? [], []);
    assert.deepEqual(routed, []);
    if (service.purge) assert.equal(seen?.hasFiles ?? false, false);
    return;
  }
  if (service.blocked.length > 0) return;
  // Of a first generation that was given up, what runs goes on, and nothing is added.
  if (seen?.stable === undefined && seen?.failed[service.generation] !== undefined) {
    assert.ok(routed.length <= service.instances);
    return;
  }
  assert.deepEqual(
    routed,
    readyOf(end, service.name).filter((id) => !isOut(service, id)),
  );
  assert.equal(routed.length, service.instances);
  // What its wave holds back stays as it is.
  const asked = seen?.failed[service.generation] === undefined && !isHeldBack;
  const generation = asked ? service.generation : seen?.stable?.generation;
  if (generation !== undefined) assert.ok(seen?.instances.every((instance) => instance.generation === generation));
}

function isOut(service: DesiredService, id: string): boolean {
  return service.kind === 'present' && !service.exclusive && service.drained.includes(id);
}

function isGivenUp(world: Observed, name: string, id: string): boolean {
  const seen = world.services[name];
  const generation = seen?.instances.find((instance) => instance.id === id)?.generation;
  return generation !== undefined && seen?.failed[generation] !== undefined;
}

function readyOf(world: Observed, name: string): string[] {
  const instances = world.services[name]?.instances ?? [];
  return instances.filter(({ state }) => state.kind === 'ready').map(({ id }) => id);
}
