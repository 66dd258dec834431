import type { ScaleMetric } from '@islet/spec';

/** HPA's: a ratio this near to 1 changes nothing. */
export const SCALE_TOLERANCE = 0.1;

/** How much of one metric there is, over all instances that were measured. */
export interface ScaleSignal {
  readonly metric: ScaleMetric;
  /** What one instance should have: requests in flight, requests a second, percent, milliseconds. */
  readonly target: number;
  /** Undefined: it could not be measured. Of `p95` it is the value itself, of all others the sum over instances. */
  readonly total: number | undefined;
}

/** How many instances one signal asks for, and why. */
export interface SignalVerdict extends ScaleSignal {
  /** Undefined: it asks for nothing. */
  readonly wants: number | undefined;
}

export interface ScaledNow {
  /** Instances asked for now. */
  readonly current: number;
  /** Of these, those that were ready and are in the totals. */
  readonly measured: number;
}

/**
 * Kubernetes' HorizontalPodAutoscaler: `ceil(current × value / target)`, nothing within the tolerance. Instances that
 * have not been measured (they have just started) count as idle where more are asked for, and as fully used where fewer
 * are: so one decision is not made twice while its instances start, and nothing is taken away that was never looked at.
 *
 * Latency is another thing than load: three times the latency does not need three times the instances, and half of it
 * does not say that half would do. It asks for more in proportion, and for one fewer at a time once it is below half.
 */
export function judgeSignal(signal: ScaleSignal, now: ScaledNow): SignalVerdict {
  const { metric, target, total } = signal;
  if (total === undefined || now.current === 0) return { ...signal, wants: undefined };
  return { ...signal, wants: metric === 'p95' ? byLatency(total / target, now) : byLoad(total, target, now) };
}

function byLoad(total: number, target: number, { current, measured }: ScaledNow): number {
  const ratio = total / (target * Math.max(1, measured));
  const missing = ratio < 1 ? Math.max(0, current - measured) : 0;
  const assumed = total + missing * target;
  const corrected = assumed / (target * current);
  const isTurned = ratio > 1 !== corrected > 1;
  if (isTurned || Math.abs(corrected - 1) <= SCALE_TOLERANCE) return current;
  return ceil(assumed / target);
}

function byLatency(ratio: number, { current }: ScaledNow): number {
  if (ratio > 1 + SCALE_TOLERANCE) return ceil(current * ratio);
  return ratio < 0.5 ? current - 1 : current;
}

/** 3.0000000000000004 is 3. */
function ceil(value: number): number {
  return Math.ceil(value - 1e-9);
}
