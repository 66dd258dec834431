import {
  type OpenedBy,
  OUTLIER_RATE,
  type OutlierCause,
  RETRY_BUDGET,
  type RetryBudget,
  type TrafficRule,
} from '@islet/policy';
import type { BreakerSpec, RetrySpec, TrafficSpec } from '@islet/spec';

/** The counters that decided, as a person reads them. */

export function budgetText({ retries, requests }: RetryBudget, { budgetPercent }: RetrySpec): string {
  return `${retries} of ${RETRY_BUDGET.floor}+${budgetPercent}% of ${requests} requests`;
}

export function stallText(afterMs: number, isProbe: boolean): string {
  const overdue = `no first byte after ${Math.round(afterMs)} ms`;
  return isProbe ? `${overdue} of the request by which it could have come back` : `${overdue}, while another answered`;
}

export function ejectionText(cause: OutlierCause, isProbe: boolean, { outlier }: TrafficSpec): string {
  if (isProbe) return 'it failed the request by which it could have come back';
  if (cause === '5xx') return `${outlier?.consecutive5xx} of ${outlier?.consecutive5xx} errors in a row`;
  if (cause === 'rate') {
    const within = `within ${OUTLIER_RATE.windowMs / 1000} s`;
    return `at least ${outlier?.failureRatePercent} % of its requests failed ${within}, twice the share of its siblings'`;
  }
  return `${outlier?.consecutiveGateway} of ${outlier?.consecutiveGateway} gateway errors in a row`;
}

export function breakerText(by: OpenedBy | undefined, spec: BreakerSpec, refusedForMs: number): string {
  return `${openedText(by, spec)}; refused for ${Math.ceil(refusedForMs)} ms more`;
}

function openedText(by: OpenedBy | undefined, { windowMs, slow }: BreakerSpec): string {
  const within = `in ${windowMs / 1000} s`;
  if (by?.kind === 'calls') return `${by.failures} of ${by.calls} calls failed ${within}`;
  if (by?.kind === 'slow') return `${by.slow} of ${by.calls} calls took longer than ${slow?.afterMs} ms ${within}`;
  return slow === undefined ? 'a call that was to find out failed' : 'a call that was to find out failed, or was slow';
}

/** Which rule ejects for which cause. */
export const OUTLIER_RULES = {
  '5xx': 'traffic.outlier.consecutive5xx',
  gateway: 'traffic.outlier.consecutiveGateway',
  rate: 'traffic.outlier.failureRate',
  stall: 'traffic.outlier.stall',
} as const satisfies Record<OutlierCause, TrafficRule>;
