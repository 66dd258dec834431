import {
  type Bulkhead,
  type OpenedBy,
  OUTLIER_RATE,
  type OutlierCause,
  RETRY_BUDGET,
  type RetryBudget,
  type Throttle,
  type TrafficRule,
} from '@islet/policy';
import type { AdmissionSpec, BreakerSpec, LimitsSpec, Priority, RetrySpec, TrafficSpec } from '@islet/spec';
import type { Stored } from '../cache/stored.ts';
import type { Ejection } from '../upstream/outliers.ts';

/** The counters that decided, as a person reads them. */

export function budgetText({ retries, requests }: RetryBudget, { budgetPercent }: RetrySpec): string {
  return `${retries} of ${RETRY_BUDGET.floor}+${budgetPercent}% of ${requests} requests`;
}

export function stallText(afterMs: number, { isProbe, outForMs }: Out): string {
  const overdue = `no first byte after ${Math.round(afterMs)} ms`;
  const which = isProbe ? ' of the request by which it could have come back' : ', while another answered';
  return `${overdue}${which}; ${outText(outForMs)}`;
}

export function ejectionText(
  { cause, shares }: Ejection,
  { isProbe, outForMs }: Out,
  { outlier }: TrafficSpec,
): string {
  const out = outText(outForMs);
  if (isProbe) return `it failed the request by which it could have come back; ${out}`;
  if (cause === '5xx') return `${outlier?.consecutive5xx} of ${outlier?.consecutive5xx} errors in a row; ${out}`;
  if (shares !== undefined) {
    const { own, siblings } = shares;
    const failed = `${own.bad} of ${own.all} requests failed within ${OUTLIER_RATE.windowMs / 1000} s`;
    return `${failed} (${outlier?.failureRatePercent}% eject it), of its siblings' ${siblings.bad} of ${siblings.all}; ${out}`;
  }
  return `${outlier?.consecutiveGateway} of ${outlier?.consecutiveGateway} gateway errors in a row; ${out}`;
}

interface Out {
  /** It was asked to find out whether it is well again. */
  readonly isProbe: boolean;
  readonly outForMs: number;
}

function outText(ms: number): string {
  return `it is asked nothing for ${Math.round(ms)} ms`;
}

export function breakerText(by: OpenedBy | undefined, spec: BreakerSpec, refusedForMs: number): string {
  return `${openedText(by, spec)}; refused for ${Math.ceil(refusedForMs)} ms more`;
}

function openedText(by: OpenedBy | undefined, { windowMs, slow, failureRatePercent }: BreakerSpec): string {
  const within = `in ${windowMs / 1000} s`;
  if (by?.kind === 'calls')
    return `${by.failures} of ${by.calls} calls failed ${within} (${failureRatePercent}% open it)`;
  if (by?.kind === 'slow')
    return `${by.slow} of ${by.calls} calls took longer than ${slow?.afterMs} ms ${within} (${slow?.ratePercent}% open it)`;
  return slow === undefined ? 'a call that was to find out failed' : 'a call that was to find out failed, or was slow';
}

export function shedText(throttle: Throttle, priority: Priority, spec: AdmissionSpec): string {
  const { accepts, requests } = throttle;
  const share = Math.round(100 * throttle.shareShed(priority, spec));
  const within = `in ${spec.windowMs / 1000} s`;
  return `of ${requests} requests ${within}, ${accepts} were accepted: of priority ${priority}, ${share}% are shed`;
}

/** How full the places of a caller are. */
export function placesText(
  { requests, waiting, adaptive }: Pick<Bulkhead<unknown>, 'requests' | 'waiting' | 'adaptive'>,
  limits: Pick<LimitsSpec, 'requests'>,
): string {
  const most = limits.requests === 'auto' ? `${Math.floor(adaptive.limit)}, as found` : limits.requests;
  return `${requests} are in flight (at most ${most}), and ${waiting} wait`;
}

/** What is stored is used though it has passed its time. */
export function staleText({ lifetime, storedAt }: Stored, allowedMs: number, now: number): string {
  const staleMs = lifetime.initialAgeMs + now - storedAt - lifetime.freshForMs;
  return `it passed its time ${Math.round(staleMs)} ms ago, and is used for ${allowedMs} ms`;
}

/** Which rule ejects for which cause. */
export const OUTLIER_RULES = {
  '5xx': 'traffic.outlier.consecutive5xx',
  gateway: 'traffic.outlier.consecutiveGateway',
  rate: 'traffic.outlier.failureRate',
  stall: 'traffic.outlier.stall',
} as const satisfies Record<OutlierCause, TrafficRule>;
