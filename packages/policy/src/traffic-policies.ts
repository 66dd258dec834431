import type { RouteMatch, ServiceTraffic, TrafficOverride, TrafficSpec } from '@islet/spec';
import { withOverride } from '@islet/spec/model';
import { RouteTree } from './route-tree.ts';
import type { TrafficRule } from './traffic-rule.ts';

/** What holds for the requests of one caller on one route, or on none of the routes that are named. */
export interface RoutePolicy {
  /** Such as `POST /orders/{id}`; undefined: the request belongs to no route. It is the label of what is counted by route. */
  readonly route: string | undefined;
  readonly policy: TrafficSpec;
  /** Whose state a section has: what a route says of limits or breakers counts the requests of that route alone. */
  readonly scopes: Readonly<Record<Scoped, Scope>>;
  /** Of sections that are otherwise, where: `traffic.routes[0]`. */
  readonly written: Readonly<Partial<Record<string, string>>>;
}

/** Sections that count something. */
export type Scoped = 'breaker' | 'limits' | 'rateLimit';

/** Who has said otherwise, most specific first; `service`: nobody. */
export type Scope = 'caller-route' | 'route' | 'caller' | 'service';

/**
 * The policies of one service for one caller. What is declared is indexed once for each table; what holds on a route is put
 * together when the first request comes that belongs to it, and then known.
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
  const layers = overrides.toSorted((a, b) => RANKS.indexOf(scopeOf(b)) - RANKS.indexOf(scopeOf(a)));
  const policy = layers.reduce<TrafficSpec>(withOverride, base);
  const scopes = { breaker: 'service', limits: 'service', rateLimit: 'service' } as Record<Scoped, Scope>;
  for (const layer of layers) {
    for (const section of SCOPED) if (layer.changes.includes(section)) scopes[section] = scopeOf(layer);
  }
  const written: Record<string, string> = {};
  for (const { at, changes } of layers) {
    // What follows from two has no place of its own; the last of the two before it is the route's.
    if (at !== undefined) for (const section of changes) written[section] = placeOf(at);
  }
  return { route, policy, scopes, written };
}

/** Where a rule is written that has decided: `traffic.routes[0].timeout.request`, or as it is called. */
export function rulePath(rule: TrafficRule, { written }: Pick<RoutePolicy, 'written'>): string {
  const [, section = ''] = rule.split('.');
  const place = rule.startsWith('traffic.') ? written[section] : undefined;
  return place === undefined ? rule : `${place}${rule.slice('traffic'.length)}`;
}

function placeOf(at: readonly (string | number)[]): string {
  return at.reduce<string>((text, key) => (typeof key === 'number' ? `${text}[${key}]` : `${text}.${key}`), 'traffic');
}

function scopeOf({ caller, route }: TrafficOverride): Scope {
  if (route === undefined) return 'caller';
  return caller === undefined ? 'route' : 'caller-route';
}

const SCOPED: readonly Scoped[] = ['breaker', 'limits', 'rateLimit'];
const RANKS: readonly Scope[] = ['caller-route', 'route', 'caller', 'service'];
