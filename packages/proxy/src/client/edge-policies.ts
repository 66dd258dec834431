import type { Breaker, Bulkhead, RateLimiter, RoutePolicy, Scope, TrafficPolicies, Whereabouts } from '@islet/policy';
import type { TrafficSpec } from '@islet/spec';
import type { Waiter } from '../guards.ts';
import type { Edge } from '../stats.ts';
import type { ServiceState } from '../upstream/service.ts';

/** What holds for a request, and what it is counted by. */
export interface Way extends Whereabouts {
  /** Such as `POST /orders/{id}`; undefined: none of the routes that the file names. */
  readonly route: string | undefined;
  readonly policy: TrafficSpec;
  readonly breaker: Breaker;
  readonly bulkhead: Bulkhead<Waiter>;
  readonly rate: RateLimiter;
}

/**
 * The ways of one edge's requests, by the current table. What a route says of its own of breakers and limits has a state of
 * its own, which outlives the table; the rest is the edge's, and of rates the service's.
 */
export class EdgePolicies {
  readonly edge: Edge;
  readonly service: ServiceState;
  readonly #policies: TrafficPolicies;
  readonly #ways = new Map<RoutePolicy, Way>();

  constructor(edge: Edge, service: ServiceState) {
    this.edge = edge;
    this.service = service;
    this.#policies = service.policies.of(callerOf(edge));
  }

  /** `target`: as the instance sees it. */
  wayOf(method: string, target: string): Way {
    const found = this.#policies.find(method, target);
    const known = this.#ways.get(found);
    if (known !== undefined) return known;
    const way = this.#make(found);
    this.#ways.set(found, way);
    return way;
  }

  /** Where nothing of a request is known. */
  get elsewhere(): Way {
    return this.wayOf('', '*');
  }

  #make({ route, policy, scopes, written }: RoutePolicy): Way {
    const { edge, service } = this;
    const guards = (scope: Scope) =>
      route !== undefined && (scope === 'route' || scope === 'caller-route') ? edge.onRoute(route) : edge.guards;
    const { breaker } = guards(scopes.breaker);
    const { bulkhead } = guards(scopes.limits);
    const rate = service.rates.of(rateKey(scopes.rateLimit, edge, route));
    return { route, policy, breaker, bulkhead, rate, written, lines: service.lines };
  }
}

function callerOf({ from }: Edge): string | undefined {
  switch (from.kind) {
    case 'gateway':
      return 'gateway';
    case 'edge':
      return from.caller;
    case 'operator':
      return undefined;
  }
}

/** Who shares a limit: all, or all on a route, or this caller's requests alone, or those on a route. */
function rateKey(scope: Scope, edge: Edge, route: string | undefined): string {
  switch (scope) {
    case 'service':
      return '';
    case 'route':
      return `${route}`;
    case 'caller':
      return `${callerOf(edge)}:`;
    case 'caller-route':
      return `${callerOf(edge)}: ${route}`;
  }
}
