import { type HistogramData, recordedSince } from '@islet/policy';
import type { MetricRow } from '../store/rows.ts';
import { labelsText } from './merge.ts';

/** Of the proxy's counters, those that become metrics. They grow until the proxy, or what they are of, begins anew. */
export interface ProxyCounts {
  readonly requests: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
  readonly inFlight: number;
  readonly latencyUs: HistogramData;
}

export interface ProxyReading {
  readonly edges: readonly (ProxyCounts & {
    readonly from: { readonly kind: string; readonly caller?: string };
    readonly service?: string;
    readonly breaker: string;
    readonly byRoute: readonly (ProxyCounts & { readonly route: string })[];
  })[];
  readonly revisions: readonly (ProxyCounts & { readonly service: string; readonly revision: string })[];
  readonly instances: readonly (ProxyCounts & {
    readonly service: string;
    readonly instance: string;
    readonly revision: string;
    readonly ejected: boolean;
  })[];
}

/** What is counted of one thing, and for whom. */
export interface Counted {
  readonly service: string;
  /** `scope` says of what: a request is counted once for each scope, so that sums are of one scope only. */
  readonly labels: Readonly<Record<string, string>>;
  readonly counts: ProxyCounts;
}

/** Whose metrics those of requests are that came to no service. */
export const GATEWAY = 'gateway';

export function countedIn({ edges, revisions, instances }: ProxyReading): readonly Counted[] {
  return [
    ...edges.flatMap(({ byRoute, ...edge }) => {
      const service = edge.service ?? GATEWAY;
      const caller = edge.from.kind === 'edge' ? (edge.from.caller ?? '') : edge.from.kind;
      return [
        { service, labels: { scope: 'edge', caller }, counts: edge },
        ...byRoute.map((counts) => ({ service, labels: { scope: 'route', caller, route: counts.route }, counts })),
      ];
    }),
    ...revisions.map(({ service, revision, ...counts }) => ({
      service,
      counts,
      labels: { scope: 'revision', revision },
    })),
    ...instances.map(({ service, instance, revision, ...counts }) => ({
      service,
      counts,
      labels: { scope: 'instance', instance, revision },
    })),
  ];
}

export function keyOf({ service, labels }: Counted): string {
  return `${service} ${labelsText(labels)}`;
}

/** What came between two readings, as rows of the step in which it was read. What never had a request has none. */
export function trafficRows(
  before: ProxyCounts | undefined,
  { service, labels, counts }: Counted,
  at: number,
): MetricRow[] {
  if (counts.requests === 0) return [];
  // A counter that went back has begun anew.
  const old = before !== undefined && before.requests <= counts.requests ? before : undefined;
  const row = rowsOf(service, at);
  const text = labelsText(labels);
  const latency = recordedSince(old?.latencyUs, counts.latencyUs);
  const classes = Object.entries(counts.statuses).flatMap(([status, count]) => {
    const since = count - (old?.statuses[status] ?? 0);
    return since > 0 ? [row.sum('responses', labelsText({ ...labels, class: status }), since)] : [];
  });
  return [
    row.sum('requests', text, counts.requests - (old?.requests ?? 0)),
    row.sum('errors', text, Math.max(0, failures(counts) - (old === undefined ? 0 : failures(old)))),
    row.gauge('in-flight', text, counts.inFlight),
    ...classes,
    ...(latency.count === 0 ? [] : [row.histogram('latency', text, latency)]),
  ];
}

/** A caller that left, or takes no answer, says nothing of who answers; a response that broke off was counted by its status before. */
function failures({ statuses, errors }: ProxyCounts): number {
  const lost = Object.entries(errors).reduce((sum, [code, count]) => (CALLERS_OWN.has(code) ? sum : sum + count), 0);
  return (statuses['5xx'] ?? 0) + lost;
}

const CALLERS_OWN: ReadonlySet<string> = new Set(['client-gone', 'client-slow']);

export const BREAKER_STATES = ['closed', 'half-open', 'open'] as const;

/** What is so now, and is not counted: breakers that are not closed, and instances that get no requests. */
export function stateRows({ edges, instances }: ProxyReading, at: number): MetricRow[] {
  const breakers = edges.flatMap(({ from, service, breaker }) => {
    const state = BREAKER_STATES.indexOf(breaker as (typeof BREAKER_STATES)[number]);
    if (service === undefined || state <= 0) return [];
    const caller = from.kind === 'edge' ? (from.caller ?? '') : from.kind;
    return [rowsOf(service, at).gauge('breaker', labelsText({ scope: 'edge', caller }), state)];
  });
  const ejected = instances.filter((one) => one.ejected);
  return [
    ...breakers,
    ...ejected.map(({ service, instance }) =>
      rowsOf(service, at).gauge('ejected', labelsText({ scope: 'instance', instance }), 1),
    ),
  ];
}

/** Makes the rows of one service and one step. */
export function rowsOf(service: string, at: number) {
  const common = { service, at, buckets: '' } as const;
  return {
    sum: (name: string, labels: string, sum: number, unit = '1'): MetricRow => {
      return { ...common, name, labels, unit, kind: 'sum', sum, count: 1, min: sum, max: sum };
    },
    gauge: (name: string, labels: string, value: number, unit = '1'): MetricRow => {
      return { ...common, name, labels, unit, kind: 'gauge', sum: value, count: 1, min: value, max: value };
    },
    /** Of microseconds. */
    histogram: (name: string, labels: string, { sum, count, buckets }: HistogramData): MetricRow => {
      const kind = 'histogram';
      return {
        ...common,
        name,
        labels,
        unit: 'ms',
        kind,
        sum,
        count,
        min: 0,
        max: 0,
        buckets: JSON.stringify(buckets),
      };
    },
  };
}
