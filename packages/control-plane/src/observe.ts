import type {
  ComputeDriver,
  ComputeInstance,
  DataDriver,
  StoreObservation,
  TrafficDriver,
  TrafficObservation,
} from '@islet/driver';
import {
  type Endpoints,
  type Evidence,
  type Hold,
  type InstanceId,
  type Observed,
  type ObservedInstance,
  type ObservedService,
  type ObservedStore,
  type ObservedTraffic,
  type Splits,
  type StableGeneration,
  type StepKey,
  unseen,
} from '@islet/plan';
import type { Endpoint, RoutedService, RoutingTable } from '@islet/policy';
import type { Clock } from './clock.ts';
import type { DeclaredStore } from './declared-stores.ts';
import { openEyes } from './eyes.ts';
import type { Ledger } from './ledger.ts';
import { observedInstances, processKey } from './observed-instances.ts';
import { storesOf } from './observed-stores.ts';
import { createPast, type Past } from './past.ts';
import type { Prober, Subject } from './probe/prober.ts';
import { plannedSplit } from './split.ts';
import type { Decisions } from './store/decisions.ts';

/** One look at everything, and what `plan` needs of it. */
export interface Look {
  readonly observed: Observed;
  readonly instances: ReadonlyMap<InstanceId, ComputeInstance>;
  readonly traffic: TrafficObservation;
  readonly stores: Readonly<Record<string, StoreObservation>>;
  /** The same of each engine by itself, in the order of the drivers. */
  readonly engines: readonly EngineLook[];
  /** What could not be seen, each a sentence; what was last seen of it stands in its place. */
  readonly problems: readonly string[];
}

export interface EngineLook {
  readonly engine: DataDriver['engine'];
  readonly stores: Readonly<Record<string, StoreObservation>>;
}

export interface Senses {
  readonly compute: ComputeDriver;
  readonly traffic: TrafficDriver;
  readonly data: readonly DataDriver[];
  readonly prober: Prober;
  readonly ledger: Ledger;
  readonly decisions: Decisions;
  readonly clock: Clock;
  /** What a service declares; undefined: it is asked to be gone. */
  readonly declaredOf: (service: string) => readonly DeclaredStore[] | undefined;
  /** Whose store is being replaced just now: it is nobody's to stop. */
  readonly restoring: () => ReadonlySet<string>;
  /** What its requests say of the generation that a service tries. */
  readonly evidence: (service: string) => Evidence | undefined;
  /** What to probe of an instance; undefined: its revision is not known any more. */
  readonly subject: (instance: ComputeInstance, adopted: boolean) => Subject | undefined;
}

export interface Observer {
  look(held: Readonly<Record<StepKey, Hold>>): Promise<Look>;
}

export function createObserver(senses: Senses): Observer {
  const removedAt = new Map<InstanceId, number>();
  const pastOf = createPast();
  const eyes = openEyes(senses);
  const observed = observedInstances(senses);
  /**
   * Processes that were there at the first look of all. One that is started later has to prove itself, whatever its
   * name.
   */
  let before: ReadonlySet<string> | undefined;
  /** Those of them that took traffic, or were warm; filled by the first look that reaches the proxy. */
  let adopted: ReadonlySet<string> | undefined;

  return {
    look: async (held) => {
      const [compute, traffic, ...engines] = await Promise.all([
        eyes.compute(),
        eyes.traffic(),
        ...eyes.data.map((see) => see()),
      ]);
      const table = traffic.seen.kind === 'reachable' ? traffic.seen.table : undefined;
      const routed = new Set([endpointsOf(table), warmOf(table)].flatMap((some) => Object.values(some).flat()));
      const instances = Object.values(compute.seen.services).flatMap((service) => service.instances);
      before ??= new Set(instances.map(processKey));
      if (traffic.seen.kind === 'reachable') adopted ??= adoptedOf(instances, { before, routed });
      followProbes(senses, instances, adopted ?? new Set());
      const now = senses.clock.now();
      const past = pastOf(now);
      noteRemovals(removedAt, { instances, routed, now });
      const ids = new Set(instances.map(({ id }) => id));
      for (const memory of [senses.ledger, observed]) memory.keep(ids);

      const stores = storesOf(
        senses,
        engines.map(({ seen }) => seen),
      );
      const restoring = senses.restoring();
      const instanceOf = (instance: ComputeInstance) =>
        observed.see(instance, { isBeingStopped: held[`stop ${instance.id}`]?.kind === 'running' });
      const names = new Set(
        [...Object.keys(compute.seen.services), ...Object.keys(stores), ...restoring].filter(isService),
      );
      const services = [...names].map((name): [string, ObservedService] => {
        const { built = [], instances = [] } = compute.seen.services[name] ?? {};
        return [name, serviceOf(name, { built, instances }, stores[name], { ...senses, instanceOf, past })];
      });
      return {
        observed: { services: Object.fromEntries(services), traffic: trafficOf(traffic.seen, removedAt, past), held },
        instances: new Map(instances.map((instance) => [instance.id, instance])),
        traffic: traffic.seen,
        stores,
        engines: senses.data.map(({ engine }, index) => ({ engine, stores: engines[index]?.seen ?? {} })),
        problems: [compute, ...engines].flatMap(({ problem }) => problem ?? []),
      };
    },
  };
}

/** Copies of a store have names that no service has: `drill.orders`. They are not of `plan`. */
function isService(name: string): boolean {
  return !name.includes('.');
}

function followProbes(senses: Senses, instances: readonly ComputeInstance[], adopted: ReadonlySet<string>): void {
  const running = instances.filter(({ process }) => process.kind === 'running');
  senses.prober.follow(
    running.flatMap((instance) => senses.subject(instance, adopted.has(processKey(instance))) ?? []),
  );
}

function adoptedOf(
  instances: readonly ComputeInstance[],
  { before, routed }: { readonly before: ReadonlySet<string>; readonly routed: ReadonlySet<InstanceId> },
): ReadonlySet<string> {
  const took = instances.filter(({ id }) => routed.has(id)).map(processKey);
  return new Set(took.filter((key) => before.has(key)));
}

/** Since when each running instance has been out of the proxy's table: what a drain's deadline counts from. */
function noteRemovals(
  removedAt: Map<InstanceId, number>,
  seen: { instances: readonly ComputeInstance[]; routed: ReadonlySet<InstanceId>; now: number },
): void {
  const ids = new Set(seen.instances.map(({ id }) => id));
  for (const id of removedAt.keys()) if (!ids.has(id) || seen.routed.has(id)) removedAt.delete(id);
  for (const id of ids) if (!seen.routed.has(id) && !removedAt.has(id)) removedAt.set(id, seen.now);
}

function serviceOf(
  name: string,
  seen: { readonly built: readonly string[]; readonly instances: readonly ComputeInstance[] },
  store: StoreObservation | undefined,
  senses: Senses & { readonly instanceOf: (instance: ComputeInstance) => ObservedInstance; readonly past: Past },
): ObservedService {
  const { past } = senses;
  const { stable, promotedAt, fallback, progress, failed, migrated, contracts } = senses.decisions.rollouts(name);
  const whole = (one: StableGeneration | undefined) => (one && seen.built.includes(one.revision) ? one : undefined);
  return {
    ...unseen(name),
    built: seen.built,
    store: senses.restoring().has(name) ? { kind: 'restoring' } : storeOf(store, seen.instances),
    migrated,
    contracts,
    instances: seen.instances
      .map((instance) => sinceThen(senses.instanceOf(instance), past))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
    stable: whole(stable),
    fallback: whole(fallback),
    promotedAt: past(`${name} promoted`, promotedAt),
    progress: progress && { ...progress, since: past(`${name} progress`, progress.since) },
    evidence: senses.evidence(name),
    failed: Object.fromEntries([...failed].map(([generation, { reason }]) => [generation, reason])),
    hasFiles: true,
  };
}

function storeOf(store: StoreObservation | undefined, instances: readonly ComputeInstance[]): ObservedStore {
  if (store === undefined) return { kind: 'none' };
  if (store.kind !== 'ready' || store.replacedAt === undefined) return { kind: store.kind };
  const { replacedAt } = store;
  return { kind: 'ready', retirable: instances.every((instance) => startedAfter(instance, replacedAt)) };
}

function sinceThen(instance: ObservedInstance, past: Past): ObservedInstance {
  const { id, state } = instance;
  const firstStartedAt = past(`${id} first`, instance.firstStartedAt);
  if (state.kind === 'exited') return { ...instance, firstStartedAt, state: { ...state, at: past(id, state.at) } };
  return { ...instance, firstStartedAt, state: { ...state, since: past(id, state.since) } };
}

/** What is being stopped may have been started at any time. */
function startedAfter({ process }: ComputeInstance, at: number): boolean {
  return process.kind === 'exited' || (process.kind === 'running' && process.startedAt > at);
}

function trafficOf(
  traffic: TrafficObservation,
  removals: ReadonlyMap<InstanceId, number>,
  past: Past,
): ObservedTraffic {
  const removedAt = Object.fromEntries([...removals].map(([id, at]) => [id, past(`${id} removed`, at)]));
  if (traffic.kind === 'unreachable') return { acknowledged: undefined, inFlight: {}, longLived: {}, removedAt };
  const { table, inFlight, longLived } = traffic;
  const acknowledged = {
    routes: table?.routes ?? '',
    endpoints: endpointsOf(table),
    warm: warmOf(table),
    splits: splitsOf(table),
  };
  return { acknowledged, inFlight, longLived, removedAt };
}

function endpointsOf(table: RoutingTable | undefined): Endpoints {
  return instancesOf(table, ({ endpoints }) => endpoints);
}

function warmOf(table: RoutingTable | undefined): Endpoints {
  return instancesOf(table, ({ warm = [] }) => warm);
}

function instancesOf(
  table: RoutingTable | undefined,
  pick: (service: RoutedService) => readonly Endpoint[],
): Endpoints {
  const services = Object.entries(table?.services ?? {});
  return Object.fromEntries(
    services.map(([name, it]) => [
      name,
      pick(it)
        .map(({ instance }) => instance)
        .sort(),
    ]),
  );
}

function splitsOf(table: RoutingTable | undefined): Splits {
  return Object.fromEntries(
    Object.entries(table?.services ?? {}).flatMap(([name, { split }]) =>
      split === undefined ? [] : [[name, plannedSplit(split)] as const],
    ),
  );
}
