import { upperEndOf } from '@islet/policy';
import type { ProxyStats } from '../plane.ts';
import type { EdgeStats, TrafficCounts } from '../stats.ts';
import { bound, type Labels, Metrics } from './prometheus.ts';

/**
 * All that the proxy counts, as Prometheus reads it. Each kind of thing has metrics of its own, because a request is
 * counted once for each kind: their sum over all would mean nothing.
 */
export function metricsText(stats: ProxyStats): string {
  const metrics = new Metrics();
  addProxyMetrics(metrics, stats);
  return metrics.text();
}

/** The proxy's part of a larger whole. */
export function addProxyMetrics(metrics: Metrics, { edges, instances, revisions, unexpected }: ProxyStats): void {
  for (const edge of edges) {
    const labels = edgeLabels(edge);
    counts(metrics, 'edge', labels, edge);
    addEdge(metrics, labels, edge);
    for (const { route, ...routed } of edge.byRoute) counts(metrics, 'route', { ...labels, route }, routed);
  }
  for (const { service, revision, ...counted } of revisions)
    counts(metrics, 'revision', { service, revision }, counted);
  for (const { service, revision, instance, ejected, idleConnections, ...counted } of instances) {
    const labels = { service, revision, instance };
    counts(metrics, 'instance', labels, counted);
    metrics.gauge('islet_instance_ejected', 'It gets no requests for now: it failed or hung.', labels, Number(ejected));
    const help = 'Connections to it that are kept and do nothing now.';
    metrics.gauge('islet_instance_idle_connections', help, labels, idleConnections);
  }
  metrics.counter('islet_proxy_unexpected_total', 'Mistakes in the proxy; each cost one connection.', {}, unexpected);
}

function edgeLabels({ from, service = '' }: EdgeStats): Labels {
  return { from: from.kind, caller: from.kind === 'edge' ? from.caller : '', service };
}

function addEdge(metrics: Metrics, labels: Labels, edge: EdgeStats): void {
  for (const [rule, count] of Object.entries(edge.decisions)) {
    metrics.counter('islet_edge_decisions_total', 'How often a rule changed a request.', { ...labels, rule }, count);
  }
  metrics.gauge('islet_edge_waiting', 'Requests that wait for a place.', labels, edge.waiting);
  metrics.gauge('islet_edge_limit', 'Requests that may be in flight.', labels, edge.limit);
  for (const state of ['closed', 'half-open', 'open'] as const) {
    const help = 'The breaker is in this state: 1, else 0.';
    metrics.gauge('islet_edge_breaker', help, { ...labels, state }, Number(edge.breaker === state));
  }
  const help = 'Requests worth a line in the access log that have none: too many failed at once.';
  metrics.counter('islet_edge_unlogged_total', help, labels, edge.unlogged);
}

function counts(metrics: Metrics, kind: string, labels: Labels, counted: TrafficCounts): void {
  const name = (what: string) => `islet_${kind}_${what}`;
  const { requests, statuses, errors, retries, inFlight, latencyUs } = counted;
  metrics.counter(name('requests_total'), 'Requests that came.', labels, requests);
  for (const [status, count] of Object.entries(statuses)) {
    metrics.counter(name('responses_total'), 'Responses, by the class of their status.', { ...labels, status }, count);
  }
  for (const [code, count] of Object.entries(errors)) {
    metrics.counter(name('errors_total'), "The proxy's own errors, by code.", { ...labels, code }, count);
  }
  metrics.counter(name('retries_total'), 'Tries beyond the first.', labels, retries);
  metrics.gauge(name('in_flight'), 'Requests in flight.', labels, inFlight);
  const buckets = latencyUs.buckets.map(([bucket, count]) => ({ atMost: upperEndOf(bucket) / 1e6, count }));
  const help = 'From the head of a request to the end of its response.';
  metrics.histogram(name('request_duration_seconds'), help, labels, {
    bounds: BOUNDS_SECONDS,
    buckets,
    sum: latencyUs.sum / 1e6,
    count: latencyUs.count,
  });
}

/**
 * Twice as long each time. The buckets of the histograms are far finer; Prometheus wants few. A bound is the end of one
 * of theirs, so that nothing is put on the wrong side of it.
 */
const BOUNDS_SECONDS = Array.from({ length: 18 }, (_, index) => bound(2 ** (index + 8)));
