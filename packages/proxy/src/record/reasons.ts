import { type OpenedBy, type OutlierCause, RETRY_BUDGET, type RetryBudget, type TrafficRule } from '@islet/policy';
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
  return `${outlier?.consecutiveGateway} of ${outlier?.consecutiveGateway} gateway errors in a row`;
}

export function breakerText(by: OpenedBy | undefined, { windowMs }: BreakerSpec, refusedForMs: number): string {
  const calls = by?.kind === 'calls' ? `${by.failures} of ${by.calls} calls failed in ${windowMs / 1000} s` : undefined;
  return `${calls ?? 'a call that was to find out failed'}; refused for ${Math.ceil(refusedForMs)} ms more`;
}

/** Which rule ejects for which cause. */
export const OUTLIER_RULES = {
  '5xx': 'traffic.outlier.consecutive5xx',
  gateway: 'traffic.outlier.consecutiveGateway',
  stall: 'traffic.outlier.stall',
} as const satisfies Record<OutlierCause, TrafficRule>;
