import type { Endpoint, RoutingTable } from '@islet/policy';
import { CacheBudget } from '../cache/cache-budget.ts';
import type { Clock } from '../clock.ts';
import type { InstanceStats, RevisionStats } from '../stats.ts';
import type { HoldStats } from './doorstep.ts';
import { EndpointState } from './endpoint.ts';
import { refreshStalls } from './outliers.ts';
import { Pool } from './pool.ts';
import { RevisionLedger } from './revisions.ts';
import { type Clocks, nextState, type ServiceState } from './service.ts';

type OwnService = { -readonly [Key in keyof ServiceState]: ServiceState[Key] };

interface RegistryOptions {
  readonly clock: Clock;
  readonly onDrained: (instance: string) => void;
  /** Somebody waits for the first instance of a service. */
  readonly onWanted: (service: string) => void;
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
  readonly #onDrained: (instance: string) => void;
  readonly #onWanted: (service: string) => void;

  constructor({ clock, onDrained, onWanted }: RegistryOptions) {
    this.#clock = clock;
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
    const stateOf = (service: string, endpoint: Endpoint) => {
      const key = keyOf(endpoint);
      // Where there was nobody, the proxy itself may be what is new; and nobody is there to take a newcomer's part.
      const cameAt = this.#services.get(service)?.pool.endpoints.length ? clocks.now : Number.NEGATIVE_INFINITY;
      const state =
        this.#current.get(key) ??
        this.#returning(key, cameAt) ??
        new EndpointState({ service, endpoint, cameAt, clock: this.#clock });
      current.set(key, state);
      return state;
    };
    for (const [name, service] of this.#services) if (!Object.hasOwn(services, name)) this.#drop(service, clocks.now);
    for (const [name, routed] of Object.entries(services)) {
      const before = this.#services.get(name);
      const endpoints = routed.endpoints.map((endpoint) => stateOf(name, endpoint));
      if (routed.endpoints.some((endpoint) => !this.#current.has(keyOf(endpoint)))) reinforced.push(name);
      const onWanted = () => this.#onWanted(name);
      const cacheBudget = this.#cacheBudget;
      const next = nextState({ name, routed, endpoints, before, clocks, cacheBudget, onWanted });
      this.#services.set(name, Object.assign(before ?? {}, next));
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
    for (const { door, hold, pool } of this.#services.values()) {
      if (pool.endpoints.length > 0 || hold === undefined) door.open(clocks.now);
    }
    return reinforced;
  }

  /** To be called when something in flight to an endpoint has ended. */
  settle(state: EndpointState): void {
    if (!state.removed || state.inFlight > 0) return;
    const { instance } = state.endpoint;
    if (!this.#leaving.delete(keyOf(state.endpoint))) return;
    this.#revisions.keep(state);
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
    for (const { name, pool } of this.#services.values()) {
      for (const { endpoint, counts, standing, idleConnections } of pool.endpoints) {
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

  closeIdle(): void {
    for (const state of this.#all()) state.closeIdle();
  }

  /** Requests that are at it find it empty when they try again. */
  #drop(service: OwnService, now: number): void {
    this.#services.delete(service.name);
    const unavailable = `${service.name} was removed`;
    Object.assign(service, { pool: new Pool([]), split: undefined, hold: undefined, unavailable });
    service.cache.purge();
    service.door.open(now);
  }

  #returning(key: string, cameAt: number): EndpointState | undefined {
    const state = this.#leaving.get(key);
    if (state === undefined) return undefined;
    this.#leaving.delete(key);
    state.removed = false;
    state.cameAt = cameAt;
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
