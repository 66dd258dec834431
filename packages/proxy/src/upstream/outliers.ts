import {
  failsMore,
  type Group,
  LatencyWindow,
  mayEject,
  type OutlierCause,
  p95Ms,
  quantileMs,
  stallAfterMs,
  type Tally,
} from '@islet/policy';
import type { OutlierSpec } from '@islet/spec';
import type { EndpointState } from './endpoint.ts';
import { peersOf, refreshAvailable, type ServiceState } from './service.ts';

export interface Judging {
  /** By the policy of the request; undefined: its failures are held against nobody. */
  readonly outlier: OutlierSpec | undefined;
  readonly now: number;
  readonly dice: () => number;
}

/** Why an instance is ejected. */
export interface Ejection {
  readonly cause: OutlierCause;
  /** What was held against what, where its share of failures decided. */
  readonly shares?: { readonly own: Tally; readonly siblings: Tally };
}

/** Ejects an instance that its errors make due, in a row or in all; returns why, if it did. */
export function judge(service: ServiceState, endpoint: EndpointState, judging: Judging): Ejection | undefined {
  const { outlier, now } = judging;
  if (outlier === undefined) return undefined;
  const inARow = endpoint.standing.due(outlier);
  const due = inARow === undefined ? dueByRate(service, endpoint, outlier, now) : { cause: inARow };
  return due !== undefined && eject(service, endpoint, due.cause, judging) ? due : undefined;
}

function dueByRate(
  service: ServiceState,
  endpoint: EndpointState,
  outlier: OutlierSpec,
  now: number,
): Ejection | undefined {
  if (endpoint.standing.isOut) return undefined;
  const own = endpoint.standing.tally(now);
  if (own.all < outlier.minCalls) return undefined;
  const siblings = tallyOfOthers(service, endpoint, now);
  return failsMore(own, siblings, outlier) ? { cause: 'rate', shares: { own, siblings } } : undefined;
}

function tallyOfOthers(service: ServiceState, endpoint: EndpointState, now: number): Tally {
  let [bad, all] = [0, 0];
  for (const other of peersOf(service, endpoint)) {
    if (other === endpoint) continue;
    const tally = other.standing.tally(now);
    bad += tally.bad;
    all += tally.all;
  }
  return { bad, all };
}

/** The first byte of a request that was sent at `sentAt` is overdue. Returns whether that ejects its instance. */
export function judgeStall(
  service: ServiceState,
  endpoint: EndpointState,
  { sentAt, ...judging }: Judging & { readonly sentAt: number },
): boolean {
  if (endpoint.standing.isOut || endpoint.standing.answeredAt >= sentAt) return false;
  const siblingAnswered = peersOf(service, endpoint).some(
    (other) => other !== endpoint && other.standing.answeredAt >= sentAt,
  );
  return siblingAnswered && eject(service, endpoint, 'stall', judging);
}

/** A probe of an ejected instance has failed. */
export function ejectAgain({ standing }: EndpointState, cause: OutlierCause, judging: Judging): Ejection | undefined {
  const { outlier } = judging;
  if (outlier === undefined) return undefined;
  standing.eject(cause, outlier, judging);
  return { cause };
}

/** What each instance's first bytes are held against from now on. */
export function refreshStalls({ pool, warm, policies }: ServiceState, now: number): void {
  const { endpoints } = pool;
  const isJudged = policies.judgesInstances && endpoints.length > 1;
  const sum = LatencyWindow.emptySum();
  for (const { firstBytes } of endpoints) {
    firstBytes.roll(now);
    firstBytes.addTo(sum, 1);
  }
  pool.p95Ms = p95Ms(sum);
  for (const endpoint of endpoints) {
    endpoint.firstBytes.addTo(sum, -1);
    endpoint.stallMs = isJudged ? stallAfterMs(quantileMs(sum, 0.99)) : Number.POSITIVE_INFINITY;
    endpoint.firstBytes.addTo(sum, 1);
  }
  // They are asked too rarely for what is usual of them to be known.
  for (const endpoint of warm.endpoints) endpoint.stallMs = Number.POSITIVE_INFINITY;
}

function eject(service: ServiceState, endpoint: EndpointState, cause: OutlierCause, judging: Judging): boolean {
  const { outlier, now, dice } = judging;
  const { ejecting } = service.share;
  ejecting.take();
  const may = outlier !== undefined && mayEject(groupOf(service, endpoint, now), outlier);
  if (may) endpoint.standing.eject(cause, outlier, { now, dice });
  ejecting.release();
  if (may) refreshAvailable(service);
  return may;
}

function groupOf(service: ServiceState, endpoint: EndpointState, now: number): Group {
  const endpoints = peersOf(service, endpoint);
  const within = endpoints.filter(({ standing }) => !standing.isOut);
  const well = within.filter((other) => other !== endpoint && other.avoidUntil <= now);
  return { total: endpoints.length, out: endpoints.length - within.length, othersWell: well.length };
}
