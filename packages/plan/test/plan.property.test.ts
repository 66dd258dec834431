import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  assume,
  type Desired,
  type DesiredService,
  type InstanceState,
  type Observed,
  type PresentService,
  plan,
  preview,
  stepKey,
} from '../src/index.ts';
import { asked, NOTHING, PACE, present } from './world.ts';

/**
 * A small world is walked at random: what is asked for changes, steps succeed or fail to happen, instances get ready,
 * fall ill, end, and are counted. After each move the promises of `plan` are checked; at the end the faults stop, and
 * the world must converge.
 */
const NAMES = ['catalog', 'orders', 'web'] as const;

const service = (name: string): fc.Arbitrary<DesiredService> =>
  fc.oneof(
    { weight: 6, arbitrary: presentService(name) },
    { weight: 1, arbitrary: fc.boolean().map((purge) => absent(name, purge)) },
  );

function presentService(name: string): fc.Arbitrary<PresentService> {
  const earlier = NAMES.slice(0, NAMES.indexOf(name as (typeof NAMES)[number]));
  return fc
    .record({
      revision: fc.constantFrom('r1', 'r2', 'r3'),
      instances: fc.integer({ min: 0, max: 3 }),
      after: fc.subarray([...earlier]),
      hasStore: fc.boolean(),
      migrates: fc.boolean(),
      exclusive: fc.boolean(),
      blocked: fc.oneof({ weight: 5, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.constant(['no go']) }),
      rollout: fc
        .record({ maxSurge: fc.integer({ min: 0, max: 2 }), maxUnavailable: fc.integer({ min: 0, max: 1 }) })
        .map(({ maxSurge, maxUnavailable }) => ({
          ...PACE,
          maxSurge: maxSurge === 0 && maxUnavailable === 0 ? 1 : maxSurge,
          maxUnavailable,
        })),
    })
    .map((changes) => present(name, changes));
}

function absent(name: string, purge: boolean): DesiredService {
  return { kind: 'absent', name, after: [], drainMs: 1_000, stopGraceMs: 1_000, purge };
}

const desired: fc.Arbitrary<Desired> = fc.tuple(...NAMES.map(service)).map((services) => asked(...services));

type Move =
  | { readonly kind: 'ask'; readonly desired: Desired }
  | { readonly kind: 'apply'; readonly mask: readonly boolean[]; readonly comesUp: boolean }
  | { readonly kind: 'disturb'; readonly pick: number; readonly state: InstanceState['kind'] }
  | { readonly kind: 'proxy'; readonly there: boolean }
  | { readonly kind: 'pass'; readonly ms: number };

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('ask'), desired }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('apply'),
      mask: fc.array(fc.boolean(), { minLength: 1, maxLength: 6 }),
      comesUp: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('disturb'),
      pick: fc.nat(20),
      state: fc.constantFrom('ready' as const, 'unready' as const, 'hung' as const, 'exited' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('proxy'), there: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pass'), ms: fc.nat(20_000) }) },
) as fc.Arbitrary<Move>;

describe('plan, whatever happens', () => {
  const walks = fc.tuple(desired, fc.array(move, { maxLength: 60 }));

  it('asks for no step twice, for none under way, and only for services asked for', () => {
    eachTurn(walks, (asked, world, now) => {
      const steps = plan(asked, world, now).filter(({ kind }) => kind !== 'wait');
      assert.equal(new Set(steps.map(stepKey)).size, steps.length);
      const held = Object.fromEntries(steps.map((step) => [stepKey(step), { kind: 'running', step } as const]));
      const again = plan(asked, { ...world, held }, now).filter(({ kind }) => kind !== 'wait');
      assert.deepEqual(again, []);
    });
  });

  it('stops no ready instance while nothing replaces it', () => {
    eachTurn(walks, (asked, world, now) => {
      const stopped = new Set(plan(asked, world, now).flatMap((step) => (step.kind === 'stop' ? [step.instance] : [])));
      for (const service of asked.services) {
        if (service.kind === 'absent' || service.exclusive) continue;
        const ready = readyOf(world, service.name);
        const left = ready.filter((id) => !stopped.has(id)).length;
        assert.ok(left >= Math.min(ready.length, service.instances - service.rollout.maxUnavailable));
      }
    });
  });

  it('stops nothing that runs before the proxy let go of it', () => {
    eachTurn(walks, (asked, world, now) => {
      const routed = Object.values(world.traffic.acknowledged?.endpoints ?? {}).flat();
      for (const step of plan(asked, world, now)) {
        if (step.kind !== 'stop') continue;
        const instance = world.services[step.service]?.instances.find(({ id }) => id === step.instance);
        if (instance?.state.kind !== 'exited') assert.ok(!routed.includes(step.instance));
      }
    });
  });

  it('routes only to ready instances', () => {
    eachTurn(walks, (asked, world, now) => {
      for (const step of plan(asked, world, now)) {
        if (step.kind !== 'publish') continue;
        for (const [name, ids] of Object.entries(step.endpoints)) {
          for (const id of ids) assert.ok(readyOf(world, name).includes(id));
        }
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
        assert.deepEqual(plan(desired, end, later), []);
        for (const service of desired.services) assertConverged(service, end);
      }),
      { numRuns: 1000 },
    );
  });
});

function eachTurn(
  walks: fc.Arbitrary<[Desired, Move[]]>,
  check: (desired: Desired, world: Observed, now: number) => void,
): void {
  fc.assert(
    fc.property(walks, ([first, moves]) => {
      walk(first, moves, check);
    }),
    { numRuns: 1000 },
  );
}

function walk(first: Desired, moves: readonly Move[], check: (desired: Desired, world: Observed, now: number) => void) {
  let state = { desired: first, world: NOTHING, now: 1_000 };
  for (const move of moves) {
    state = afterMove(move, state);
    check(state.desired, state.world, state.now);
  }
  return state;
}

function afterMove(move: Move, state: { desired: Desired; world: Observed; now: number }) {
  const { desired, world, now } = state;
  switch (move.kind) {
    case 'ask':
      return { ...state, desired: move.desired };
    case 'pass':
      return { ...state, now: now + move.ms };
    case 'proxy': {
      const acknowledged = move.there ? { routes: 'routes', endpoints: {}, splits: {} } : undefined;
      return { ...state, world: { ...world, traffic: { ...world.traffic, acknowledged } } };
    }
    case 'disturb':
      return { ...state, world: disturb(world, move, now) };
    case 'apply': {
      const steps = plan(desired, world, now).filter((_, index) => move.mask[index % move.mask.length]);
      let next = steps.reduce((seen, step) => assume(step, seen, now), world);
      if (!move.comesUp) {
        for (const step of steps)
          if (step.kind === 'start') next = setState(next, step.instance, { kind: 'starting', since: now });
      }
      return { ...state, world: next };
    }
  }
}

function disturb(
  world: Observed,
  { pick, state }: { pick: number; state: InstanceState['kind'] },
  now: number,
): Observed {
  const ids = Object.values(world.services).flatMap(({ instances }) => instances.map(({ id }) => id));
  const id = ids[pick % Math.max(1, ids.length)];
  if (id === undefined) return world;
  if (state === 'exited')
    return setState(world, id, { kind: 'exited', at: now, restartAt: now + 1_000, how: 'exit 1' }, 1);
  if (state === 'hung') return setState(world, id, { kind: 'hung', since: now, why: 'fails its liveness probe' });
  return setState(world, id, { kind: state === 'unready' ? 'unready' : 'ready', since: now });
}

function setState(world: Observed, id: string, state: InstanceState, exits = 0): Observed {
  const services = Object.fromEntries(
    Object.entries(world.services).map(([name, service]) => [
      name,
      {
        ...service,
        instances: service.instances.map((it) => (it.id === id ? { ...it, state, exits: it.exits + exits } : it)),
      },
    ]),
  );
  return { ...world, services };
}

/** Faults stop: the proxy answers, and what runs gets ready. */
function healed(world: Observed): Observed {
  const acknowledged = world.traffic.acknowledged ?? { routes: 'routes', endpoints: {}, splits: {} };
  const ids = Object.values(world.services).flatMap(({ instances }) => instances);
  const running = ids.filter(({ state }) => state.kind === 'starting' || state.kind === 'unready');
  const calm = running.reduce((seen, { id }) => setState(seen, id, { kind: 'ready', since: 0 }), world);
  return { ...calm, traffic: { ...calm.traffic, acknowledged } };
}

function assertConverged(service: DesiredService, end: Observed): void {
  const seen = end.services[service.name];
  const routed = end.traffic.acknowledged?.endpoints[service.name] ?? [];
  if (service.kind === 'absent') {
    assert.deepEqual(seen?.instances ?? [], []);
    assert.deepEqual(routed, []);
    if (service.purge) assert.equal(seen?.hasFiles ?? false, false);
    return;
  }
  if (service.blocked.length > 0) return;
  assert.deepEqual(routed, readyOf(end, service.name));
  assert.equal(routed.length, service.instances);
  const generation = seen?.failed[service.generation] === undefined ? service.generation : seen.stable?.generation;
  if (generation !== undefined) assert.ok(seen?.instances.every((instance) => instance.generation === generation));
}

function readyOf(world: Observed, name: string): string[] {
  const instances = world.services[name]?.instances ?? [];
  return instances.filter(({ state }) => state.kind === 'ready').map(({ id }) => id);
}
