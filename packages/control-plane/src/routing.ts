import type { Endpoints, InstanceId, Splits } from '@islet/plan';
import type {
  EdgeListener,
  Endpoint,
  Fault,
  GatewayListener,
  Listener,
  RoutedService,
  RoutingTable,
  WrittenLines,
} from '@islet/policy';
import type { IdentitySpec, PreviewSpec, ServiceTraffic } from '@islet/spec';
import { digest } from './desire.ts';
import { edgeName } from './edges.ts';
import { ruleLines } from './rule-lines.ts';
import { routedSplit } from './split.ts';
import type { Applied, LaunchSpec } from './store/applied.ts';

/** Everything in a routing table but its version and instances. */
export interface Routes {
  readonly key: string;
  /** Threads of the proxy. */
  readonly workers: number;
  /** Whose tokens say who a client is. */
  readonly identity: IdentitySpec | undefined;
  readonly listeners: readonly Listener[];
  readonly services: Readonly<Record<string, Pick<RoutedService, 'protocol' | 'traffic' | 'lines' | 'hold' | 'fault'>>>;
  /** How to ask for a service's new revision while two of them serve. */
  readonly previews: Readonly<Record<string, PreviewSpec>>;
}

export interface RoutesInput {
  readonly applied: Applied | undefined;
  /** Specs of all that is asked for, and of older revisions that still run: their edges live as long as they do. */
  readonly specs: readonly LaunchSpec[];
  readonly edgePort: (caller: string, service: string) => number | undefined;
  readonly operatorSocket: string;
  /** What a drill does to a service's requests now. */
  readonly faultOf?: (service: string) => Fault | undefined;
}

export function routesOf({ applied, specs, edgePort, operatorSocket, faultOf }: RoutesInput): Routes {
  const listeners: Listener[] = [
    { kind: 'operator', path: operatorSocket },
    ...(applied === undefined || applied.goingDown ? [] : gatewaysOf(applied)),
    ...edgesOf(specs, edgePort),
  ];
  const services = withFaults(servicesOf(specs, applied?.lines ?? {}), faultOf);
  const previews = previewsOf(applied);
  // What an older version of Islet has kept says nothing of it.
  const workers = applied?.gateway.workers ?? 1;
  const identity = applied?.gateway.identity;
  const key = digest(JSON.stringify({ workers, identity, listeners, services: keyed(services), previews }));
  return { key, workers, identity, listeners, services, previews };
}

const KEYS = new WeakMap<object, string>();

/**
 * How callers reach a service is most of a table, is never changed, and is the same in each turn: it is written out once. So are the
 * lines that say so: where they move, the proxy must know, and nothing else has changed.
 */
function keyed(services: Routes['services']): readonly unknown[] {
  return Object.entries(services).map(([name, { traffic, lines, ...rest }]) => {
    return [name, keyOf(traffic), lines && keyOf(lines), rest];
  });
}

function keyOf(part: ServiceTraffic | WrittenLines): string {
  const known = KEYS.get(part) ?? digest(JSON.stringify(part));
  KEYS.set(part, known);
  return known;
}

function previewsOf(applied: Applied | undefined): Routes['previews'] {
  const asked = applied?.services ?? [];
  return Object.fromEntries(
    asked.flatMap(({ spec: { name, rollout } }) =>
      rollout.preview === undefined ? [] : [[name, rollout.preview] as const],
    ),
  );
}

/** What is asked for comes first in `specs`, so the instances of an older revision are reached as the file says now. */
function servicesOf(specs: readonly LaunchSpec[], lines: NonNullable<Applied['lines']>): Routes['services'] {
  const services: Record<string, Routes['services'][string]> = {};
  for (const { name, api, traffic, scale } of specs) {
    const asked = services[name];
    const { zero } = scale;
    const hold = zero && { maxMs: zero.holdMs, requests: zero.requests };
    const known = lines[name];
    const own = { protocol: api.protocol, ...(known && { lines: ruleLines(known) }) };
    services[name] = { ...own, traffic: asked?.traffic ?? traffic, hold: asked ? asked.hold : hold };
  }
  return services;
}

function withFaults(services: Routes['services'], faultOf: RoutesInput['faultOf']): Routes['services'] {
  const faulty = Object.entries(services).map(([name, service]) => {
    const fault = faultOf?.(name);
    return [name, fault === undefined ? service : { ...service, fault }] as const;
  });
  return Object.fromEntries(faulty);
}

/** One listener, and a second one where plain HTTP has a port of its own. */
function gatewaysOf({ gateway, services }: Applied): GatewayListener[] {
  const { host, port, tls, proxyProtocol } = gateway;
  const passedOn = proxyProtocol === undefined ? {} : { passedOnBy: proxyProtocol.from };
  const routes = services.flatMap(({ spec }) => [...publicRoutes(spec), ...previewRoutes(spec)]);
  if (tls === undefined) return [{ kind: 'gateway', host, port, routes, ...passedOn }];
  const { certificates, redirect, httpPort } = tls;
  const own = { kind: 'gateway', host, port, routes, ...passedOn, secure: { certificates, port, redirect } } as const;
  const plain = {
    kind: 'gateway',
    host,
    routes: [],
    ...passedOn,
    secure: { certificates: [], port, redirect },
  } as const;
  return httpPort === undefined ? [own] : [own, { ...plain, port: httpPort }];
}

function publicRoutes({ name, api }: LaunchSpec): GatewayListener['routes'] {
  return api.expose.map((route) => ({ ...route, service: name }));
}

/** Where a host leads to the new revision, all that is exposed is there too; which revision it is, the split says. */
function previewRoutes(spec: LaunchSpec): GatewayListener['routes'] {
  const { preview } = spec.rollout;
  if (preview?.kind !== 'host') return [];
  const there = publicRoutes(spec).map((route) => ({ ...route, host: preview.name }));
  // The same path of two hosts is one path of this one.
  return there.filter(({ path }, index) => there.findIndex((other) => other.path === path) === index);
}

function edgesOf(specs: readonly LaunchSpec[], edgePort: RoutesInput['edgePort']): EdgeListener[] {
  const edges = new Map<string, EdgeListener>();
  for (const { name: caller, uses } of specs) {
    for (const service of uses) {
      const port = edgePort(caller, service);
      if (port === undefined) continue;
      edges.set(edgeName(caller, service), { kind: 'edge', caller, service, host: '127.0.0.1', port });
    }
  }
  return [...edges.values()].sort((a, b) => a.port - b.port);
}

export interface TableInput {
  readonly version: number;
  readonly routes: Routes;
  readonly endpoints: Endpoints;
  readonly warm: Endpoints;
  readonly splits: Splits;
  readonly endpointOf: (instance: InstanceId) => Endpoint | undefined;
  readonly unavailable: (service: string) => string | undefined;
}

export function routingTable({
  version,
  routes,
  endpoints,
  warm,
  splits,
  endpointOf,
  unavailable,
}: TableInput): RoutingTable {
  const services = Object.entries(routes.services).map(([name, service]): [string, RoutedService] => {
    const ids = endpoints[name] ?? [];
    const reachable = ids.flatMap((id) => endpointOf(id) ?? []);
    const kept = (warm[name] ?? []).flatMap((id) => endpointOf(id) ?? []);
    const why = ids.length === 0 ? unavailable(name) : undefined;
    const planned = splits[name];
    const split = planned && routedSplit(planned, routes.previews[name]);
    const own = { ...service, endpoints: reachable, split, unavailable: why };
    return [name, kept.length === 0 ? own : { ...own, warm: kept }];
  });
  const { key, workers, identity, listeners } = routes;
  return { version, routes: key, workers, identity, listeners, services: Object.fromEntries(services) };
}
