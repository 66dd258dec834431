import type { GatewayRoute } from './routing-table.ts';

/**
 * Which route takes a request. The rule: routes that name the request's host come before routes for any host; among
 * those, the longest path that equals the request's path or a prefix of it at a `/`; among equals, the first.
 *
 * Trying every route costs a request more with each service that is added. Instead, each host has its paths in a map,
 * and the request's path is looked up as it is and then cut at each `/` from the right. A path that is longer than any
 * route's is cut to that length first, so that a long hostile path costs no more lookups than the longest route has
 * `/`.
 */
export interface RouteIndex {
  readonly hosts: ReadonlyMap<string, PathIndex>;
  readonly anyHost: PathIndex;
}

interface PathIndex {
  readonly routes: ReadonlyMap<string, GatewayRoute>;
  readonly longest: number;
}

export function indexRoutes(routes: readonly GatewayRoute[]): RouteIndex {
  const named = new Set(routes.map((route) => route.host).filter((host) => host !== undefined));
  const hosts = [...named].map((host) => [host, indexPaths(routes.filter((route) => route.host === host))] as const);
  return { hosts: new Map(hosts), anyHost: indexPaths(routes.filter((route) => route.host === undefined)) };
}

/** `host` is lower case and without port; `path` begins with `/` and has no query. */
export function matchRoute(index: RouteIndex, host: string, path: string): GatewayRoute | undefined {
  const own = index.hosts.get(host);
  return (own && longestPrefix(own, path)) ?? longestPrefix(index.anyHost, path);
}

/** The same rule without an index, as it is written above: what tests compare with. */
export function matchRouteNaively(
  routes: readonly GatewayRoute[],
  host: string,
  path: string,
): GatewayRoute | undefined {
  let best: GatewayRoute | undefined;
  for (const route of routes) {
    if (route.host !== undefined && route.host !== host) continue;
    if (!covers(plainPath(route.path), path)) continue;
    if (best === undefined || isBetter(route, best)) best = route;
  }
  return best;
}

/** The target that the service sees where its route cuts the prefix: `/orders/7?x` below `/orders` is `/7?x`. */
export function stripPrefix(target: string, prefix: string): string {
  const rest = target.slice(plainPath(prefix) === '/' ? 0 : plainPath(prefix).length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}

function indexPaths(routes: readonly GatewayRoute[]): PathIndex {
  const byPath = new Map<string, GatewayRoute>();
  let longest = 0;
  for (const route of routes) {
    const path = plainPath(route.path);
    if (!byPath.has(path)) byPath.set(path, route);
    longest = Math.max(longest, path.length);
  }
  return { routes: byPath, longest };
}

function longestPrefix({ routes, longest }: PathIndex, path: string): GatewayRoute | undefined {
  if (routes.size === 0) return undefined;
  let end = path.length <= longest ? path.length : path.lastIndexOf('/', longest);
  while (end > 0) {
    const route = routes.get(path.slice(0, end));
    if (route !== undefined) return route;
    end = path.lastIndexOf('/', end - 1);
  }
  return routes.get('/');
}

function isBetter(route: GatewayRoute, best: GatewayRoute): boolean {
  if ((route.host === undefined) !== (best.host === undefined)) return route.host !== undefined;
  return plainPath(route.path).length > plainPath(best.path).length;
}

function covers(prefix: string, path: string): boolean {
  return prefix === '/' || path === prefix || path.startsWith(`${prefix}/`);
}

function plainPath(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}
