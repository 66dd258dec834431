import type { Outcomes } from '@islet/policy';
import { upperEndOf } from '@islet/policy';
import { PROXY_ERRORS, type ProxyErrorCode } from '@islet/proxy';
import { LATENCY_SHARES, type SloSpec } from '@islet/spec';
import type { EdgeCounters } from '../scale/load.ts';
import type { LaunchSpec } from '../store/applied.ts';

/**
 * What of the proxy's counters is good and bad, by each objective of a service. Counters only grow, so what an objective
 * counts only grows too, and what happened between two readings is their difference; also where nobody read for a while.
 */
export interface Objective {
  readonly service: string;
  /** The same for as long as it counts the same: another threshold begins anew. */
  readonly key: string;
  readonly slo: SloSpec;
  readonly percent: number;
}

/** Revisions that an older Islet asked for promise nothing. */
export function objectivesOf({
  name: service,
  telemetry,
}: Pick<LaunchSpec, 'name'> & Partial<LaunchSpec>): Objective[] {
  return (telemetry?.slo ?? []).map((slo) => ({ service, slo, ...measureOf(slo) }));
}

function measureOf(slo: SloSpec): Pick<Objective, 'key' | 'percent'> {
  if (slo.kind === 'availability') return { key: 'availability', percent: slo.percent };
  return { key: `within ${slo.withinMs} ms`, percent: LATENCY_SHARES[slo.share] };
}

/** By edge: what it has counted since it began. */
export type Reading = Readonly<Record<string, Outcomes>>;

export function readingOf(objective: Objective, edges: readonly EdgeCounters[]): Reading {
  const own = edges.filter(({ service, from }) => service === objective.service && !isOperator(from));
  return Object.fromEntries(own.map((edge) => [JSON.stringify(edge.from), countedBy(objective.slo, edge)]));
}

/** The operator tries things out, and nothing is promised to Islet's own samples. */
function isOperator(from: unknown): boolean {
  return typeof from === 'object' && from !== null && 'kind' in from && from.kind === 'operator';
}

function countedBy(slo: SloSpec, edge: EdgeCounters): Outcomes {
  if (slo.kind === 'latency') {
    const within = edge.latencyUs.buckets
      .filter(([bucket]) => upperEndOf(bucket) <= slo.withinMs * 1000)
      .reduce((sum, [, count]) => sum + count, 0);
    return { good: within, bad: edge.latencyUs.count - within };
  }
  const unanswered = Object.entries(edge.errors ?? {})
    .filter(([code]) => SERVICE_FAILURES.has(code))
    .reduce((sum, [, count]) => sum + count, 0);
  const bad = (edge.statuses?.['5xx'] ?? 0) + unanswered;
  return { good: Math.max(0, edge.requests - edge.inFlight - bad), bad };
}

/** What a caller could not have done better. */
const CALLERS_FAULT: ReadonlySet<ProxyErrorCode> = new Set<ProxyErrorCode>([
  'http-version',
  'method-not-supported',
  'not-cached',
  'client-gone',
]);
const SERVICE_FAILURES: ReadonlySet<string> = new Set(
  (Object.keys(PROXY_ERRORS) as ProxyErrorCode[]).filter(
    (code) => PROXY_ERRORS[code].status >= 500 && !CALLERS_FAULT.has(code),
  ),
);

/**
 * What happened since the last reading. An edge that counts less than before has begun anew, with its proxy; one that was not
 * there has counted all of it since. Undefined as the last reading: it is not known what was counted before, so nothing is.
 */
export function outcomesSince(before: Reading | undefined, after: Reading): Outcomes {
  if (before === undefined) return { good: 0, bad: 0 };
  const none = { good: 0, bad: 0 };
  return Object.entries(after).reduce((sum, [edge, now]) => {
    const known = before[edge] ?? none;
    // A request that turns out bad is good no more, so each may fall by what was in flight; their sum does not.
    const base = known.good + known.bad <= now.good + now.bad ? known : none;
    return {
      good: sum.good + Math.max(0, now.good - base.good),
      bad: sum.bad + Math.max(0, now.bad - base.bad),
    };
  }, none);
}
