import fc from 'fast-check';
import {
  assume,
  type Desired,
  type DesiredService,
  type Evidence,
  type InstanceState,
  type Observed,
  type PresentService,
  plan,
  type ShiftStep,
} from '../src/index.ts';
import { asked, NOTHING, PACE, present } from './world.ts';

/**
 * A small world is walked at random: what is asked for changes, steps succeed or fail to happen, instances get ready,
 * fall ill, end, and are counted.
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
      drained: fc.subarray(['r1.0-0', 'r1.0-1', 'r2.0-0', 'r3.0-2'].map((slot) => `${name}-${slot}`)),
      after: fc.subarray([...earlier]),
      hasStore: fc.boolean(),
      migrates: fc.boolean(),
      exclusive: fc.boolean(),
      wave: fc.constantFrom(undefined, 1, 2),
      blocked: fc.oneof({ weight: 5, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.constant(['no go']) }),
      rollout: fc
        .record({
          maxSurge: fc.integer({ min: 0, max: 2 }),
          maxUnavailable: fc.integer({ min: 0, max: 1 }),
          steps: fc.oneof({ weight: 1, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: steps }),
          bakeMs: fc.constantFrom(0, 15_000, 600_000),
        })
        .map(({ maxSurge, maxUnavailable, ...rest }) => ({
          ...PACE,
          ...rest,
          maxSurge: maxSurge === 0 && maxUnavailable === 0 ? 1 : maxSurge,
          maxUnavailable,
        })),
    })
    .map((changes) => present(name, changes));
}

/** Rising shares; none waits for a person, or the world could not converge by itself. */
const steps: fc.Arbitrary<readonly ShiftStep[]> = fc
  .uniqueArray(fc.integer({ min: 0, max: 99 }), { minLength: 1, maxLength: 4 })
  .map((percents) =>
    percents
      .toSorted((a, b) => a - b)
      .map((percent) => ({
        percent,
        mirrorPercent: 0,
        holdMs: 5_000,
        requests: 10,
        byHand: 'never',
      })),
  );

function absent(name: string, purge: boolean): DesiredService {
  return { kind: 'absent', name, after: [], drainMs: 1_000, longLivedMs: 1_000, stopGraceMs: 1_000, purge };
}

const desired: fc.Arbitrary<Desired> = fc.tuple(...NAMES.map(service)).map((services) => asked(...services));

export type Move =
  | { readonly kind: 'ask'; readonly desired: Desired }
  | { readonly kind: 'apply'; readonly mask: readonly boolean[]; readonly comesUp: boolean }
  | { readonly kind: 'disturb'; readonly pick: number; readonly state: InstanceState['kind'] }
  | { readonly kind: 'hear'; readonly pick: number; readonly isWorse: boolean; readonly requests: number }
  | { readonly kind: 'load'; readonly pick: number; readonly requests: number; readonly longLived: number }
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
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('hear'),
      pick: fc.nat(2),
      isWorse: fc.boolean(),
      requests: fc.nat(20),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('load'), pick: fc.nat(20), requests: fc.nat(2), longLived: fc.nat(2) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('proxy'), there: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pass'), ms: fc.nat(20_000) }) },
) as fc.Arbitrary<Move>;

export const walks = fc.tuple(desired, fc.array(move, { maxLength: 60, size: 'max' }));

/** Checks what holds after each move of many a walk. */
export function eachTurn(check: (desired: Desired, world: Observed, now: number) => void): void {
  fc.assert(
    fc.property(walks, ([first, moves]) => {
      walk(first, moves, check);
    }),
    { numRuns: 1000 },
  );
}

export function walk(
  first: Desired,
  moves: readonly Move[],
  check: (desired: Desired, world: Observed, now: number) => void,
) {
  let state = { desired: first, world: NOTHING, now: 1_000 };
  for (const move of moves) {
    state = afterMove(move, state);
    state = { ...state, world: withRemovals(state.world, state.now) };
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
      const acknowledged = move.there ? { routes: 'routes', endpoints: {}, warm: {}, splits: {} } : undefined;
      return { ...state, world: { ...world, traffic: { ...world.traffic, acknowledged } } };
    }
    case 'load':
      return { ...state, world: load(world, move) };
    case 'hear':
      return { ...state, world: hear(desired, world, move) };
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

/** Whoever observes notes of each instance since when it is in no table. */
function withRemovals(world: Observed, now: number): Observed {
  const { acknowledged, removedAt } = world.traffic;
  const routed = [acknowledged?.endpoints, acknowledged?.warm].flatMap((some) => Object.values(some ?? {}).flat());
  const out = idsOf(world).filter((id) => !routed.includes(id));
  const noted = Object.fromEntries(out.map((id) => [id, removedAt[id] ?? now]));
  return { ...world, traffic: { ...world.traffic, removedAt: noted } };
}

function load(world: Observed, move: Extract<Move, { kind: 'load' }>): Observed {
  const ids = idsOf(world);
  const id = ids[move.pick % Math.max(1, ids.length)];
  if (id === undefined) return world;
  const inFlight = { ...world.traffic.inFlight, [id]: move.requests + move.longLived };
  const longLived = { ...world.traffic.longLived, [id]: move.longLived };
  return { ...world, traffic: { ...world.traffic, inFlight, longLived } };
}

function idsOf({ services }: Observed): string[] {
  return Object.values(services).flatMap(({ instances }) => instances.map(({ id }) => id));
}

/** What requests say of the generation that a service is asked to be at. */
function hear(
  { services }: Desired,
  world: Observed,
  { pick, isWorse, requests }: { pick: number; isWorse: boolean; requests: number },
): Observed {
  const service = services[pick % services.length];
  const seen = service && world.services[service.name];
  if (service?.kind !== 'present' || seen === undefined) return world;
  const evidence: Evidence = {
    generation: service.generation,
    requests,
    summary: '',
    regression: isWorse ? 'it fails' : undefined,
    probes: 'possible',
  };
  return { ...world, services: { ...world.services, [service.name]: { ...seen, evidence } } };
}

function disturb(
  world: Observed,
  { pick, state }: { pick: number; state: InstanceState['kind'] },
  now: number,
): Observed {
  const ids = idsOf(world);
  const id = ids[pick % Math.max(1, ids.length)];
  if (id === undefined) return world;
  if (state === 'exited')
    return setState(world, id, { kind: 'exited', at: now, restartAt: now + 1_000, how: 'exit 1' }, 1);
  if (state === 'hung')
    return setState(world, id, { kind: 'hung', startedAt: now, since: now, why: 'fails its liveness probe' });
  return setState(world, id, { kind: state === 'unready' ? 'unready' : 'ready', since: now });
}

export function setState(world: Observed, id: string, state: InstanceState, exits = 0): Observed {
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
