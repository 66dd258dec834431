import type { CachePurge, Endpoint, RoutingTable } from '@islet/policy';
import { CacheBudget } from '../cache/cache-budget.ts';
import { isMeant } from '../cache/purging.ts';
import type { Clock } from '../clock.ts';
import type { Deadlines } from '../deadlines.ts';
import { OWN_STATES, type States } from '../shared/states.ts';
import type { InstanceStats, RevisionStats } from '../stats.ts';
import type { HoldStats } from './doorstep.ts';
import { type EndpointOptions, EndpointState } from './endpoint.ts';
import { refreshStalls } from './outliers.ts';
import { Pool } from './pool.ts';
import { RevisionLedger } from './revisions.ts';
import { type Clocks, nextState, refreshAvailable, type ServiceState } from './service.ts';
import { isEmpty } from './warm.ts';

type OwnService = { -readonly [Key in keyof ServiceState]: ServiceState[Key] };

export interface RegistryOptions {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly onDrained: (instance: string) => void;
  /** Somebody waits for the first instance of a service. */
  readonly onWanted: (service: string) => void;
  readonly states?: States;
}

/**
 * All services and endpoints. An endpoint that leaves the table stays here until nothing is in flight to it, and then
 * its instance is told as drained.
 */
export class Registry {
  readonly #services = new Map<string, OwnService>();
  #current: ReadonlyMap<string, EndpointState> = new Map();
  readonly #leaving = new Map<string, EndpointState>();
  readonly #revisions = new RevisionLedger();
  readonly #cacheBudget = new CacheBudget();
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  readonly #onDrained: (instance: string) => void;
  readonly #onWanted: (service: string) => void;
  readonly #states: States;

  constructor({ clock, deadlines, onDrained, onWanted, states = OWN_STATES }: RegistryOptions) {
    this.#clock = clock;
    this.#deadlines = deadlines;
    this.#states = states;
    this.#onDrained = onDrained;
    this.#onWanted = onWanted;
  }

  service(name: string): ServiceState | undefined {
    return this.#services.get(name);
  }

  /** Returns the services that have an instance which they had not. */
  apply(services: RoutingTable['services'], clocks: Clocks): readonly string[] {
    const current = new Map<string, EndpointState>();
    const reinforced: string[] = [];
    const stateOf = (service: string, endpoint: Endpoint, cameAt: number) => {
      const key = keyOf(endpoint);
      const state = this.#current.get(key) ?? this.#returning(key) ?? this.#make({ service, endpoint, cameAt }, key);
      current.set(key, state);
      return state;
    };
    for (const [name, service] of this.#services) if (!Object.hasOwn(services, name)) this.#drop(service, clocks.now);
    for (const [name, routed] of Object.entries(services)) {
      const before = this.#services.get(name);
      const known = new Set(before?.pool.endpoints);
      // Where there was nobody, the proxy itself may be what is new; and nobody is there to take a newcomer's part.
      const cameAt = known.size > 0 ? clocks.now : Number.NEGATIVE_INFINITY;
      const endpoints = routed.endpoints.map((endpoint) => stateOf(name, endpoint, cameAt));
      const warm = (routed.warm ?? []).map((endpoint) => stateOf(name, endpoint, cameAt));
      const newcomers = endpoints.filter((state) => !known.has(state));
      for (const state of newcomers) state.cameAt = cameAt;
      if (newcomers.length > 0) reinforced.push(name);
      for (const state of warm) if (known.has(state)) state.standBack();
      const onWanted = () => this.#onWanted(name);
      const shared = { cacheBudget: this.#cacheBudget, states: this.#states };
      const next = nextState({ name, routed, endpoints, warm, before, clocks, onWanted, ...shared });
      const service = Object.assign(before ?? {}, next);
      this.#services.set(name, service);
      // What is sent to an instance that has just come is held against its siblings too.
      refreshStalls(service, clocks.now);
    }
    const left = [...this.#current].filter(([key]) => !current.has(key));
    this.#current = current;
    for (const [key, state] of left) {
      state.remove();
      this.#leaving.set(key, state);
      this.settle(state);
    }
    this.#revisions.prune((name) => this.#services.has(name));
    // What waits is let in when all of the table is in use; where nothing is held any more, it is told so.
    for (const service of this.#services.values()) {
      if (!isEmpty(service) || service.hold === undefined) service.door.open(clocks.now);
    }
    return reinforced;
  }

  /** To be called when something in flight to an endpoint has ended. */
  settle(state: EndpointState): void {
    if (!state.removed || state.inFlight > 0) return;
    const { instance } = state.endpoint;
    if (!this.#leaving.delete(keyOf(state.endpoint))) return;
    this.#revisions.keep(state);
    state.letGo();
    const elsewhere = [...this.#current.values(), ...this.#leaving.values()];
    if (!elsewhere.some((other) => other.endpoint.instance === instance)) this.#onDrained(instance);
  }

  /** Requests in flight by instance, those without left out. */
  inFlight(): Readonly<Record<string, number>> {
    return this.#byInstance(({ inFlight }) => inFlight);
  }

  /** Of those, the ones that are tunnels and streams. */
  longLived(): Readonly<Record<string, number>> {
    return this.#byInstance(({ longLived }) => longLived);
  }

  instances(): readonly InstanceStats[] {
    const rows: InstanceStats[] = [];
    for (const { name, pool, warm } of this.#services.values()) {
      for (const { endpoint, counts, standing, idleConnections } of [...pool.endpoints, ...warm.endpoints]) {
        const { instance, revision } = endpoint;
        rows.push({ service: name, instance, revision, ejected: standing.isOut, idleConnections, ...counts.toJSON() });
      }
    }
    return rows;
  }

  holds(): readonly HoldStats[] {
    return [...this.#services.values()].flatMap(({ name, door }) => door.stats(name) ?? []);
  }

  revisions(): readonly RevisionStats[] {
    return this.#revisions.stats(this.#all());
  }

  sweep(now: number): void {
    for (const state of this.#current.values()) state.sweep(now);
    for (const service of this.#services.values()) {
      refreshStalls(service, now);
      service.rates.sweep(now);
    }
  }

  /** Returns how many stored responses went; undefined: there is no such service. */
  purge(order: CachePurge): number | undefined {
    return this.#services.get(order.service)?.cache.purge((target, stored) => isMeant(order, target, stored));
  }

  /** Another thread has learnt that what is stored of this target is no longer true. */
  forget(name: string, target: string): void {
    this.#services.get(name)?.cache.forget(target);
  }

  /** What is stored of all services' responses may take so much. */
  set cacheBytes(bytes: number) {
    this.#cacheBudget.most = bytes;
  }

  /** One of its instances was ejected or has come back, by what another thread has seen. */
  refresh(name: string): void {
    const service = this.#services.get(name);
    if (service !== undefined) refreshAvailable(service);
  }

  closeIdle(): void {
    for (const state of this.#all()) state.closeIdle();
  }

  /** Requests that are at it find it empty when they try again. */
  #drop(service: OwnService, now: number): void {
    this.#services.delete(service.name);
    const unavailable = `${service.name} was removed`;
    const nobody = { pool: new Pool([]), warm: new Pool([]), split: undefined };
    Object.assign(service, { ...nobody, hold: undefined, unavailable });
    service.cache.purge();
    service.door.open(now);
    service.share.letGo();
  }

  #make(known: Pick<EndpointOptions, 'service' | 'endpoint' | 'cameAt'>, key: string): EndpointState {
    const share = this.#states.instance(known.service, key);
    return new EndpointState({ ...known, clock: this.#clock, deadlines: this.#deadlines, share });
  }

  #returning(key: string): EndpointState | undefined {
    const state = this.#leaving.get(key);
    if (state === undefined) return undefined;
    this.#leaving.delete(key);
    state.removed = false;
    return state;
  }

  #byInstance(countOf: (state: EndpointState) => number): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const state of this.#all()) {
      const { instance } = state.endpoint;
      const count = countOf(state);
      if (count > 0) counts[instance] = (counts[instance] ?? 0) + count;
    }
    return counts;
  }

  *#all(): Iterable<EndpointState> {
    yield* this.#current.values();
    yield* this.#leaving.values();
  }
}

/** A process that comes back on another port is another endpoint: connections to the old one are worthless. */
function keyOf({ instance, host, port }: Endpoint): string {
  return `${instance} ${host} ${port}`;
}
