import { Histogram, type HistogramData, RecordBudget, type RetryBudget, type TrafficRule } from '@islet/policy';
import type { ProxyErrorCode } from './errors.ts';
import type { GuardStats, Guards } from './guards.ts';
import { type EdgeState, type Held, OWN_STATES, type States } from './shared/states.ts';

/** From whom requests come: the public, one service of the system, or the operator. */
export type Origin =
  | { readonly kind: 'gateway' }
  | { readonly kind: 'edge'; readonly caller: string }
  | { readonly kind: 'operator' };

export type StatusClass = '1xx' | '2xx' | '3xx' | '4xx' | '5xx';

/** Counters of one edge or instance since the proxy started (an instance: since it came into the table). */
export interface TrafficCounts {
  readonly requests: number;
  /** What the instances answered; answers of the proxy itself are under `errors` only. */
  readonly statuses: Readonly<Record<StatusClass, number>>;
  readonly errors: Readonly<Partial<Record<ProxyErrorCode, number>>>;
  readonly retries: number;
  /** Microseconds from the request's head to the end of its response. */
  readonly latencyUs: HistogramData;
  readonly inFlight: number;
}

export interface EdgeStats extends TrafficCounts, GuardStats {
  readonly from: Origin;
  /** Undefined where the request named no service: an unknown route, a malformed request. */
  readonly service: string | undefined;
  /** How often each rule changed what became of a request. */
  readonly decisions: Readonly<Partial<Record<TrafficRule, number>>>;
  /** Requests that were worth a line in the access log and have none: too many failed at once. */
  readonly unlogged: number;
  /** Routes whose breaker or limits are their own. */
  readonly routes: readonly RouteGuardStats[];
  /** By the route that took it to the service: of the service's own `traffic.routes`, else the gateway's path. */
  readonly byRoute: readonly RouteStats[];
}

export interface RouteGuardStats extends GuardStats {
  /** Such as `POST /orders/{id}`. */
  readonly route: string;
}

export interface RouteStats extends TrafficCounts {
  readonly route: string;
}

export interface InstanceStats extends TrafficCounts {
  readonly service: string;
  readonly instance: string;
  readonly revision: string;
  /** It gets no requests for now, because it failed or hung. */
  readonly ejected: boolean;
  /** Connections that are kept and do nothing now. */
  readonly idleConnections: number;
}

/** All instances of one revision, also those that are gone. Each try counts, also one that a retry has healed. */
export interface RevisionStats extends TrafficCounts {
  readonly service: string;
  readonly revision: string;
  /** Copies that it was sent for being looked at; `overloaded` among the errors are those that were not sent. */
  readonly mirrored: TrafficCounts;
}

export class Counts {
  requests = 0;
  retries = 0;
  inFlight = 0;
  readonly #statuses = new Float64Array(6);
  readonly #errors = new Map<ProxyErrorCode, number>();
  readonly #latency = new Histogram();

  status(status: number): void {
    const index = Math.trunc(status / 100);
    this.#statuses[index] = (this.#statuses[index] ?? 0) + 1;
  }

  error(code: ProxyErrorCode): void {
    this.#errors.set(code, (this.#errors.get(code) ?? 0) + 1);
  }

  latency(ms: number): void {
    this.#latency.record(ms * 1000);
  }

  merge(other: Counts): void {
    this.requests += other.requests;
    this.retries += other.retries;
    this.inFlight += other.inFlight;
    for (const [index, count] of other.#statuses.entries())
      this.#statuses[index] = (this.#statuses[index] ?? 0) + count;
    for (const [code, count] of other.#errors) this.#errors.set(code, (this.#errors.get(code) ?? 0) + count);
    this.#latency.merge(other.#latency);
  }

  toJSON(): TrafficCounts {
    const of = (index: number) => this.#statuses[index] ?? 0;
    return {
      requests: this.requests,
      statuses: { '1xx': of(1), '2xx': of(2), '3xx': of(3), '4xx': of(4), '5xx': of(5) },
      errors: Object.fromEntries(this.#errors),
      retries: this.retries,
      latencyUs: this.#latency.toJSON(),
      inFlight: this.inFlight,
    };
  }
}

/** One (caller → service) pair: what is counted, and what its retries may cost. */
export class Edge {
  readonly from: Origin;
  readonly service: string | undefined;
  readonly counts = new Counts();
  readonly #states: States;
  readonly #own: EdgeState;
  readonly #routes = new Map<string, Held<{ readonly guards: Guards }>>();
  readonly #byRoute = new Map<string, Counts>();
  readonly records = new RecordBudget();
  readonly #decisions = new Map<TrafficRule, number>();

  constructor(from: Origin, service: string | undefined, states: States = OWN_STATES) {
    this.from = from;
    this.service = service;
    this.#states = states;
    this.#own = states.edge(this.#name);
  }

  get guards(): Guards {
    return this.#own.guards;
  }

  get budget(): RetryBudget {
    return this.#own.budget;
  }

  get #name(): string {
    return edgeKey(this.from, this.service);
  }

  /** Guards that count the requests of one route alone. */
  onRoute(route: string): Guards {
    const known = this.#routes.get(route);
    if (known !== undefined) return known.guards;
    const made = this.#states.route(`${this.#name} ${route}`);
    this.#routes.set(route, made);
    return made.guards;
  }

  /** What is counted of one route alone. */
  countsOf(route: string): Counts {
    const known = this.#byRoute.get(route);
    if (known !== undefined) return known;
    const counts = new Counts();
    this.#byRoute.set(route, counts);
    return counts;
  }

  /** Its breakers find out now how the service is. */
  hope(now: number): void {
    this.guards.breaker.hope(now);
    for (const { guards } of this.#routes.values()) guards.breaker.hope(now);
  }

  /** Forgets routes that the file no longer names, once nothing of theirs is in flight. */
  pruneRoutes(isKnown: (route: string) => boolean): void {
    for (const [route, { inFlight }] of this.#byRoute) {
      if (inFlight === 0 && !isKnown(route)) this.#byRoute.delete(route);
    }
    for (const [route, { guards, letGo }] of this.#routes) {
      const { requests, tunnels, waiting } = guards.bulkhead;
      if (isKnown(route) || requests + tunnels + waiting > 0) continue;
      this.#routes.delete(route);
      letGo();
    }
  }

  /** Nothing will come over it any more. */
  letGo(): void {
    this.#own.letGo();
    for (const { letGo } of this.#routes.values()) letGo();
  }

  decided(rule: TrafficRule): void {
    this.#decisions.set(rule, (this.#decisions.get(rule) ?? 0) + 1);
  }

  statsAt(now: number): EdgeStats {
    const { from, service, counts } = this;
    const decisions = Object.fromEntries(this.#decisions);
    return {
      from,
      service,
      decisions,
      ...this.guards.statsAt(now),
      routes: [...this.#routes].map(([route, { guards }]) => ({ route, ...guards.statsAt(now) })),
      byRoute: [...this.#byRoute].map(([route, counts]) => ({ route, ...counts.toJSON() })),
      unlogged: this.records.dropped,
      ...counts.toJSON(),
    };
  }
}

export class Stats {
  readonly #states: States;
  readonly #edges = new Map<string, Edge>();
  /** Requests and tunnels that are inside the proxy now. */
  inFlight = 0;
  /** Exceptions that no code expected; each cost one connection, and never the process. */
  unexpected = 0;

  constructor(states: States = OWN_STATES) {
    this.#states = states;
  }

  edge(from: Origin, service: string | undefined): Edge {
    const key = edgeKey(from, service);
    const known = this.#edges.get(key);
    if (known !== undefined) return known;
    const edge = new Edge(from, service, this.#states);
    this.#edges.set(key, edge);
    return edge;
  }

  /** A request of this edge is inside the proxy. */
  begin(edge: Edge, now: number): void {
    edge.counts.requests++;
    edge.counts.inFlight++;
    edge.budget.request(now);
    this.inFlight++;
  }

  end(edge: Edge): void {
    edge.counts.inFlight--;
    this.inFlight--;
  }

  /** Breakers of these services find out now: what they know is of other instances. */
  hope(isChanged: (service: string) => boolean, now: number): void {
    for (const edge of this.#edges.values()) {
      if (edge.service !== undefined && isChanged(edge.service)) edge.hope(now);
    }
  }

  /** Forgets what concerns a service that is gone, so that the memory follows the table and not the history. */
  prune(isKnown: (service: string) => boolean): void {
    for (const [key, edge] of this.#edges) {
      const { from, service, counts } = edge;
      const names = [service, from.kind === 'edge' ? from.caller : undefined];
      if (counts.inFlight > 0 || names.every((name) => name === undefined || isKnown(name))) continue;
      this.#edges.delete(key);
      edge.letGo();
    }
  }

  pruneRoutes(isKnown: (service: string, route: string) => boolean): void {
    for (const edge of this.#edges.values()) edge.pruneRoutes((route) => isKnown(edge.service ?? '', route));
  }

  edges(now: number): readonly EdgeStats[] {
    return [...this.#edges.values()].map((edge) => edge.statsAt(now));
  }
}

function edgeKey(from: Origin, service: string | undefined): string {
  return `${from.kind} ${from.kind === 'edge' ? from.caller : ''} ${service ?? ''}`;
}
