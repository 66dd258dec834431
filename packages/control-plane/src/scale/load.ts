import { Histogram, type HistogramData, recordedSince } from '@islet/policy';

/** Of the proxy's counters of one edge, those that scaling reads. They grow until the proxy, or the edge, begins anew. */
export interface EdgeCounters {
  readonly from: unknown;
  readonly service?: string | undefined;
  readonly requests: number;
  readonly inFlight: number;
  readonly latencyUs: HistogramData;
  /** Answers, by the class of their status. */
  readonly statuses?: Readonly<Record<string, number>>;
  /** The proxy's own answers, by code. */
  readonly errors?: Readonly<Record<string, number>>;
}

/** Requests that waited for the first instance of a service. */
export interface HoldCounters {
  readonly service: string;
  readonly waiting: number;
  readonly held: number;
  readonly coldStartUs: HistogramData;
}

/** The proxy's counters, as far as scaling reads them. */
export interface Counters {
  readonly edges: readonly EdgeCounters[];
  readonly holds: readonly HoldCounters[];
}

/** One look at the proxy's counters. */
export interface Reading {
  readonly at: number;
  readonly edges: readonly EdgeCounters[];
}

/** What a service was asked between two looks. */
export interface Load {
  readonly rps: number;
  /** Requests in flight, on the mean. */
  readonly concurrency: number;
  /** Milliseconds; undefined: no request ended. */
  readonly p95Ms: number | undefined;
  readonly meanMs: number | undefined;
  /** At the later look. */
  readonly inFlight: number;
  readonly overMs: number;
}

/**
 * Little's law gives the mean number in flight without watching it: the time that all requests which ended spent here,
 * divided by the time that passed. Long ones that did not end are missed by it; those were there at both looks, so the
 * lesser of the two looks counts where it is more.
 */
export function loadOf(service: string, before: Reading, after: Reading): Load | undefined {
  const overMs = after.at - before.at;
  if (overMs <= 0) return undefined;
  const earlier = new Map(before.edges.filter((edge) => edge.service === service).map((edge) => [keyOf(edge), edge]));
  const now = after.edges.filter((edge) => edge.service === service);
  const ended = new Histogram();
  let [requests, spentUs] = [0, 0];
  for (const edge of now) {
    const known = earlier.get(keyOf(edge));
    // A counter that went back has begun anew.
    const old = known !== undefined && known.requests <= edge.requests ? known : undefined;
    requests += edge.requests - (old?.requests ?? 0);
    const since = recordedSince(old?.latencyUs, edge.latencyUs);
    spentUs += since.sum;
    ended.merge(Histogram.from(since));
  }
  const inFlight = sumInFlight(now);
  const throughout = Math.min(inFlight, sumInFlight([...earlier.values()]));
  return {
    rps: (requests / overMs) * 1000,
    concurrency: Math.max(spentUs / 1000 / overMs, throughout),
    p95Ms: ended.count === 0 ? undefined : ended.quantile(0.95) / 1000,
    meanMs: ended.count === 0 ? undefined : ended.mean / 1000,
    inFlight,
    overMs,
  };
}

function sumInFlight(edges: readonly EdgeCounters[]): number {
  return edges.reduce((sum, { inFlight }) => sum + inFlight, 0);
}

function keyOf({ from }: EdgeCounters): string {
  return JSON.stringify(from);
}
