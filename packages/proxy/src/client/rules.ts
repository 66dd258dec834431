import { indexRoutes, type Listener, matchRoute, type RouteIndex, stripPrefix } from '@islet/policy';
import type { ProxyErrorCode } from '../errors.ts';
import type { RequestHead } from '../http/request-head.ts';
import type { Edge, Origin, Stats } from '../stats.ts';
import type { Registry } from '../upstream/registry.ts';
import type { ServiceState } from '../upstream/service.ts';

export interface ToService {
  readonly kind: 'service';
  readonly service: ServiceState;
  readonly edge: Edge;
  /** The target as the instance sees it. */
  readonly target: string;
  /** The path under which the gateway exposes it; undefined: it was not reached by one. */
  readonly route: string | undefined;
}

export type Destination =
  | ToService
  | { readonly kind: 'nowhere'; readonly code: ProxyErrorCode; readonly message: string };

/** What one listener does with a request, by the current table. Made anew with each table. */
export class ListenerRules {
  readonly from: Origin;
  readonly #listener: Listener;
  readonly #routes: RouteIndex;
  readonly #registry: Registry;
  readonly #stats: Stats;
  readonly #edges = new Map<string, Edge>();

  constructor(listener: Listener, registry: Registry, stats: Stats) {
    this.#listener = listener;
    this.#registry = registry;
    this.#stats = stats;
    this.#routes = indexRoutes(listener.kind === 'gateway' ? listener.routes : []);
    this.from = listener.kind === 'edge' ? { kind: 'edge', caller: listener.caller } : { kind: listener.kind };
  }

  /** Where errors are counted that belong to no service. */
  get ownEdge(): Edge {
    return this.#stats.edge(this.from, this.#listener.kind === 'edge' ? this.#listener.service : undefined);
  }

  /** The service whose connections are passed through unread; undefined: HTTP is spoken here, or gRPC over it. */
  get passthrough(): ServiceState | undefined {
    const service = this.#listener.kind === 'edge' ? this.#registry.service(this.#listener.service) : undefined;
    return service?.protocol === 'tcp' ? service : undefined;
  }

  route(request: RequestHead): Destination {
    const listener = this.#listener;
    switch (listener.kind) {
      case 'gateway':
        return this.#routePublic(request);
      case 'edge':
        return this.#to(listener.service, request.target);
      case 'operator':
        return this.#to(hostName(request.fields.host), request.target);
    }
  }

  #routePublic({ path, target, fields }: RequestHead): Destination {
    // A service may resolve `/public/../admin` after the gateway has matched `/public`.
    if (DOT_SEGMENT.test(path)) return nowhere('bad-request', 'the path has a dot segment');
    const host = hostName(fields.host);
    const route = matchRoute(this.#routes, host, path === '*' ? '/' : path);
    if (route === undefined) return nowhere('no-route', `no service is exposed at ${host}${path.slice(0, 200)}`);
    return this.#to(
      route.service,
      route.strip && target !== '*' ? stripPrefix(target, route.path) : target,
      route.path,
    );
  }

  /** Another service, to be asked in the name of the one that it stands in for. */
  another(name: string, { caller }: { readonly caller: string }): Pick<ToService, 'service' | 'edge'> | undefined {
    const service = this.#registry.service(name);
    if (service === undefined || service.protocol !== 'http') return undefined;
    return { service, edge: this.#stats.edge({ kind: 'edge', caller }, name) };
  }

  #to(name: string, target: string, route?: string): Destination {
    const service = this.#registry.service(name);
    if (service === undefined) return nowhere('unknown-service', `there is no service ${name.slice(0, 200)}`);
    if (service.protocol === 'tcp') return nowhere('not-http', `${name} speaks ${service.protocol}, not HTTP`);
    return { kind: 'service', service, edge: this.#edge(name), target, route };
  }

  #edge(service: string): Edge {
    const known = this.#edges.get(service);
    if (known !== undefined) return known;
    const edge = this.#stats.edge(this.from, service);
    this.#edges.set(service, edge);
    return edge;
  }
}

function nowhere(code: ProxyErrorCode, message: string): Destination {
  return { kind: 'nowhere', code, message };
}

function hostName(host: string): string {
  const colon = host.lastIndexOf(':');
  const name = colon > host.lastIndexOf(']') ? host.slice(0, colon) : host;
  // `shop.example.` is the same host, written in full (RFC 3986, 3.2.2).
  return name.toLowerCase().replace(/\.$/, '');
}

const DOT_SEGMENT = /(?:^|[/\\]|%2f|%5c)(?:\.|%2e){1,2}(?:$|[/\\;]|%2f|%5c)/i;
