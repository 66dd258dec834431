import { BlockList } from 'node:net';
import {
  indexRoutes,
  type Listener,
  matchRoute,
  type RouteIndex,
  type SecureGateway,
  stripPrefix,
} from '@islet/policy';
import type { ProxyErrorCode } from '../errors.ts';
import { hostName } from '../http/host-name.ts';
import type { RequestHead } from '../http/request-head.ts';
import type { Edge, Origin, Stats } from '../stats.ts';
import type { Registry } from '../upstream/registry.ts';
import type { ServiceState } from '../upstream/service.ts';
import { EdgePolicies, type Way } from './edge-policies.ts';
import type { PassthroughOptions } from './passthrough.ts';

export interface ToService {
  readonly kind: 'service';
  readonly service: ServiceState;
  readonly edge: Edge;
  readonly way: Way;
  /** The target as the instance sees it. */
  readonly target: string;
  /** The route of the service, else the path under which the gateway exposes it; undefined: neither. */
  readonly route: string | undefined;
}

/** What of a request tells which policy holds for it. */
interface Asked {
  readonly method: string;
  readonly target: string;
}

export type Destination =
  | ToService
  | {
      readonly kind: 'nowhere';
      readonly code: ProxyErrorCode;
      readonly message: string;
      /** Fields for the answer, each line with its end. */
      readonly fields?: string;
    };

/** What one listener does with a request, by the current table. Made anew with each table. */
export class ListenerRules {
  readonly from: Origin;
  readonly #listener: Listener;
  readonly #routes: RouteIndex;
  readonly #passers: BlockList;
  readonly #registry: Registry;
  readonly #stats: Stats;
  readonly #policies = new Map<ServiceState, EdgePolicies>();

  constructor(listener: Listener, registry: Registry, stats: Stats) {
    this.#listener = listener;
    this.#registry = registry;
    this.#stats = stats;
    this.#routes = indexRoutes(listener.kind === 'gateway' ? listener.routes : []);
    this.#passers = addressesIn(listener.kind === 'gateway' ? (listener.passedOnBy ?? []) : []);
    this.from = listener.kind === 'edge' ? { kind: 'edge', caller: listener.caller } : { kind: listener.kind };
  }

  /** Where errors are counted that belong to no service. */
  get ownEdge(): Edge {
    return this.#stats.edge(this.from, this.#listener.kind === 'edge' ? this.#listener.service : undefined);
  }

  /** Whether connections from this address are passed on by somebody who says first whose they are. */
  isPassedOnBy(address: string): boolean {
    return this.#passers.check(address, address.includes(':') ? 'ipv6' : 'ipv4');
  }

  /** Where connections go that are passed through unread; undefined: HTTP is spoken here, or gRPC over it. */
  get passthrough(): Pick<PassthroughOptions, 'service' | 'edge' | 'way'> | undefined {
    const service = this.#listener.kind === 'edge' ? this.#registry.service(this.#listener.service) : undefined;
    if (service?.protocol !== 'tcp') return undefined;
    const policies = this.#policiesFor(service);
    return { service, edge: policies.edge, way: policies.elsewhere };
  }

  /** Undefined: plain HTTP is served here. */
  get secure(): SecureGateway | undefined {
    return this.#listener.kind === 'gateway' ? this.#listener.secure : undefined;
  }

  /** Whether it is this one that goes by its name now. */
  has(service: ServiceState): boolean {
    return this.#registry.service(service.name) === service;
  }

  route(request: RequestHead, { secure }: { readonly secure: boolean }): Destination {
    const listener = this.#listener;
    switch (listener.kind) {
      case 'gateway':
        if (listener.secure !== undefined && !secure) return toSecure(request, listener.secure);
        return this.#routePublic(request);
      case 'edge':
        return this.#to(listener.service, request);
      case 'operator':
        return this.#to(hostName(request.fields.host), request);
    }
  }

  #routePublic(request: RequestHead): Destination {
    const { path, target, fields } = request;
    // A service may resolve `/public/../admin` after the gateway has matched `/public`.
    if (DOT_SEGMENT.test(path)) return nowhere('bad-request', 'the path has a dot segment');
    const host = hostName(fields.host);
    const route = matchRoute(this.#routes, host, path === '*' ? '/' : path);
    if (route === undefined) return nowhere('no-route', `no service is exposed at ${host}${path.slice(0, 200)}`);
    const isStripped = route.strip && target !== '*';
    return this.#to(route.service, request, {
      target: isStripped ? stripPrefix(target, route.path) : target,
      route: route.path,
    });
  }

  /** Another service, to be asked in the name of the one that it stands in for. */
  another(
    name: string,
    caller: string,
    { method, target }: Asked,
  ): Pick<ToService, 'service' | 'edge' | 'way'> | undefined {
    const service = this.#registry.service(name);
    if (service === undefined || service.protocol !== 'http') return undefined;
    const edge = this.#stats.edge({ kind: 'edge', caller }, name);
    return { service, edge, way: new EdgePolicies(edge, service).wayOf(method, target) };
  }

  #to(
    name: string,
    { method, target: asked }: RequestHead,
    { target = asked, route }: { readonly target?: string; readonly route?: string } = {},
  ): Destination {
    const service = this.#registry.service(name);
    if (service === undefined) return nowhere('unknown-service', `there is no service ${name.slice(0, 200)}`);
    if (service.protocol === 'tcp') return nowhere('not-http', `${name} speaks ${service.protocol}, not HTTP`);
    const policies = this.#policiesFor(service);
    const way = policies.wayOf(method, target);
    return { kind: 'service', service, edge: policies.edge, way, target, route: way.route ?? route };
  }

  #policiesFor(service: ServiceState): EdgePolicies {
    const known = this.#policies.get(service);
    if (known !== undefined) return known;
    const policies = new EdgePolicies(this.#stats.edge(this.from, service.name), service);
    this.#policies.set(service, policies);
    return policies;
  }
}

/** Addresses and networks, such as `10.0.0.0/8`. */
function addressesIn(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = address.includes(':') ? 'ipv6' : 'ipv4';
    list.addSubnet(address, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family);
  }
  return list;
}

function nowhere(code: ProxyErrorCode, message: string): Destination {
  return { kind: 'nowhere', code, message };
}

/** Plain HTTP where TLS is asked for. Method and body survive a 308 (RFC 9110, 15.4.9). */
function toSecure({ target, fields }: RequestHead, { redirect, port }: SecureGateway): Destination {
  const host = hostName(fields.host);
  if (!redirect || host === '' || target === '*') return nowhere('tls-required', 'plain HTTP is not taken here');
  const location = `https://${host}${port === 443 ? '' : `:${port}`}${target}`;
  return {
    kind: 'nowhere',
    code: 'https-only',
    message: `it is at ${location.slice(0, 200)}`,
    fields: `Location: ${location}\r\n`,
  };
}

const DOT_SEGMENT = /(?:^|[/\\]|%2f|%5c)(?:\.|%2e){1,2}(?:$|[/\\;]|%2f|%5c)/i;
