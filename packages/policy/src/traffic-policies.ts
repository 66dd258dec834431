import type { RouteMatch, ServiceTraffic, TrafficOverride, TrafficSpec } from '@islet/spec';
import { withOverride } from '@islet/spec/model';
import { RouteTree } from './route-tree.ts';
import { placesOf, RANKS, type Scope, scopeOf, type Whereabouts } from './rule-place.ts';

/** What holds for the requests of one caller on one route, or on none of the routes that are named. */
export interface RoutePolicy {
  /**
   * Such as `POST /orders/{id}`; undefined: the request belongs to no route. It is the label of what is counted by
   * route.
   */
  readonly route: string | undefined;
  readonly policy: TrafficSpec;
  /** Whose state a section has: what a route says of limits or breakers counts the requests of that route alone. */
  readonly scopes: Readonly<Record<Scoped, Scope>>;
  readonly written: Whereabouts['written'];
}

/** Sections that count something. */
export type Scoped = 'breaker' | 'limits' | 'rateLimit';

/**
 * The policies of one service for one caller. What is declared is indexed once for each table; what holds on a route is
 * put together when the first request comes that belongs to it, and then known.
 */
export class TrafficPolicies {
  readonly #elsewhere: RoutePolicy;
  readonly #tree: RouteTree<Way> | undefined;

  constructor(traffic: ServiceTraffic, caller: string | undefined) {
    const mine = traffic.overrides.filter((one) => one.caller === undefined || one.caller === caller);
    const everywhere = mine.filter(({ route }) => route === undefined);
    this.#elsewhere = policyOf(traffic, undefined, everywhere);
    const byRoute = Map.groupBy(mine, ({ route }) => route && routeName(route));
    const ways = [...byRoute].flatMap(([name, overrides]) => {
      const [{ route } = { route: undefined }] = overrides;
      if (name === undefined || route === undefined) return [];
      const make = () => policyOf(traffic, name, [...everywhere, ...overrides]);
      return [{ ...route, value: { make, made: undefined } }];
    });
    this.#tree = ways.length === 0 ? undefined : new RouteTree<Way>(ways);
  }

  /** `target` is the path as the service sees it, perhaps with a query; or `*`. */
  find(method: string, target: string): RoutePolicy {
    if (this.#tree === undefined) return this.#elsewhere;
    const query = target.indexOf('?');
    const way = this.#tree.find(method, query < 0 ? target : target.slice(0, query));
    if (way === undefined) return this.#elsewhere;
    way.made ??= way.make();
    return way.made;
  }
}

interface Way {
  readonly make: () => RoutePolicy;
  made: RoutePolicy | undefined;
}

/** As a file may write it, and as it is counted. */
export function routeName({ method, path }: RouteMatch): string {
  return method === undefined ? path : `${method} ${path}`;
}

function policyOf(base: TrafficSpec, route: string | undefined, overrides: readonly TrafficOverride[]): RoutePolicy {
  const layers = overrides.toSorted((a, b) => RANKS.indexOf(scopeOf(a)) - RANKS.indexOf(scopeOf(b)));
  const policy = layers.reduceRight<TrafficSpec>(withOverride, base);
  const scopeFor = (section: Scoped): Scope => {
    const layer = layers.find(({ changes }) => changes.includes(section));
    return layer === undefined ? 'service' : scopeOf(layer);
  };
  const scopes = { breaker: scopeFor('breaker'), limits: scopeFor('limits'), rateLimit: scopeFor('rateLimit') };
  const changed = new Set(layers.flatMap(({ changes }) => changes));
  const written = Object.fromEntries([...changed].map((section) => [section, placesOf(section, layers)]));
  return { route, policy, scopes, written };
}
