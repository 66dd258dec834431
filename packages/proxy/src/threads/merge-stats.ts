import { Histogram, type HistogramData, type RoutingTable } from '@islet/policy';
import type { ProxyStats } from '../plane.ts';
import type { EdgeStats, InstanceStats, RevisionStats, RouteStats, TrafficCounts } from '../stats.ts';
import type { HoldStats } from '../upstream/doorstep.ts';

/** What several planes have counted, as if one had. What they share (breakers, places) is the same in each. */
export function mergeStats(all: readonly ProxyStats[]): ProxyStats {
  return {
    edges: merged(
      all.flatMap(({ edges }) => edges),
      edgeKey,
      mergeEdges,
    ),
    instances: merged(
      all.flatMap(({ instances }) => instances),
      ({ service, instance }) => `${service} ${instance}`,
      mergeInstances,
    ),
    revisions: merged(
      all.flatMap(({ revisions }) => revisions),
      ({ service, revision }) => `${service} ${revision}`,
      mergeRevisions,
    ),
    holds: merged(
      all.flatMap(({ holds }) => holds),
      ({ service }) => service,
      mergeHolds,
    ),
    unexpected: sum(all.map(({ unexpected }) => unexpected)),
  };
}

/** What is left of a plane that is gone: what it has counted, and nothing that is there now. */
export function remainsOf({ edges, instances, revisions, unexpected }: ProxyStats): ProxyStats {
  const still = <T extends TrafficCounts>(counts: T): T => ({ ...counts, inFlight: 0 });
  return {
    edges: edges.map((edge) => ({
      ...still(edge),
      breaker: 'closed',
      waiting: 0,
      routes: [],
      byRoute: edge.byRoute.map(still),
    })),
    instances: instances.map((it) => ({ ...still(it), idleConnections: 0 })),
    revisions: revisions.map(({ mirrored, ...own }) => ({ ...still(own), mirrored: still(mirrored) })),
    holds: [],
    unexpected,
  };
}

/** Without counts of what the table no longer names, which the planes forget too. */
export function pruned({ edges, instances, revisions, ...rest }: ProxyStats, { services }: RoutingTable): ProxyStats {
  const isKnown = (service: string | undefined) => service === undefined || Object.hasOwn(services, service);
  const living = new Set(Object.values(services).flatMap(({ endpoints }) => endpoints.map(({ instance }) => instance)));
  return {
    ...rest,
    edges: edges.filter(({ service }) => isKnown(service)),
    instances: instances.filter(({ instance }) => living.has(instance)),
    revisions: revisions.filter(({ service }) => isKnown(service)),
  };
}

function merged<T>(all: readonly T[], keyOf: (one: T) => string, merge: (a: T, b: T) => T): readonly T[] {
  const byKey = new Map<string, T>();
  for (const one of all) {
    const key = keyOf(one);
    const known = byKey.get(key);
    byKey.set(key, known === undefined ? one : merge(known, one));
  }
  return [...byKey.values()];
}

function edgeKey({ from, service }: EdgeStats): string {
  return `${from.kind} ${from.kind === 'edge' ? from.caller : ''} ${service ?? ''}`;
}

function mergeEdges(a: EdgeStats, b: EdgeStats): EdgeStats {
  return {
    ...a,
    ...mergeCounts(a, b),
    decisions: sums(a.decisions, b.decisions),
    unlogged: a.unlogged + b.unlogged,
    routes: merged(
      [...a.routes, ...b.routes],
      ({ route }) => route,
      (known) => known,
    ),
    byRoute: merged([...a.byRoute, ...b.byRoute], ({ route }) => route, mergeRoutes),
  };
}

function mergeRoutes(a: RouteStats, b: RouteStats): RouteStats {
  return { route: a.route, ...mergeCounts(a, b) };
}

function mergeInstances(a: InstanceStats, b: InstanceStats): InstanceStats {
  return { ...a, ...mergeCounts(a, b), idleConnections: a.idleConnections + b.idleConnections };
}

function mergeRevisions(a: RevisionStats, b: RevisionStats): RevisionStats {
  return { ...a, ...mergeCounts(a, b), mirrored: mergeCounts(a.mirrored, b.mirrored) };
}

function mergeHolds(a: HoldStats, b: HoldStats): HoldStats {
  return {
    ...a,
    waiting: a.waiting + b.waiting,
    held: a.held + b.held,
    coldStartUs: mergeHistograms(a.coldStartUs, b.coldStartUs),
  };
}

function mergeCounts(a: TrafficCounts, b: TrafficCounts): TrafficCounts {
  return {
    requests: a.requests + b.requests,
    statuses: sums(a.statuses, b.statuses),
    errors: sums(a.errors, b.errors),
    retries: a.retries + b.retries,
    latencyUs: mergeHistograms(a.latencyUs, b.latencyUs),
    inFlight: a.inFlight + b.inFlight,
  };
}

function mergeHistograms(a: HistogramData, b: HistogramData): HistogramData {
  const histogram = Histogram.from(a);
  histogram.merge(Histogram.from(b));
  return histogram.toJSON();
}

function sums<T extends Readonly<Record<string, number>> | Readonly<Partial<Record<string, number>>>>(a: T, b: T): T {
  const all: Record<string, number> = { ...(a as Record<string, number>) };
  for (const [key, count] of Object.entries(b as Record<string, number>)) all[key] = (all[key] ?? 0) + count;
  return all as T;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
