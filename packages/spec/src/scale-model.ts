/** Signals that a number of instances can follow. Names: Kubernetes' and Knative's. */
export const SCALE_METRICS = ['concurrency', 'rps', 'cpu', 'memory', 'p95'] as const;
export type ScaleMetric = (typeof SCALE_METRICS)[number];

/** Names and rules: Kubernetes autoscaling/v2 (HPA); KEDA for schedule and zero. */
export interface ScaleSpec {
  /** 0: none while it is idle, otherwise at least one. */
  readonly min: number;
  readonly max: number;
  /** What one instance should have; empty: the number follows no signal. */
  readonly targets: readonly ScaleTarget[];
  readonly schedule: readonly ScaleWindow[];
  /** Who gets what is left of the machine: the larger first. */
  readonly priority: number;
  /** Undefined: never to none. */
  readonly zero: ZeroSpec | undefined;
}

export interface ScaleTarget {
  readonly metric: ScaleMetric;
  /** Requests in flight, requests a second, percent of what an instance may use, milliseconds. */
  readonly value: number;
}

/** A time of the day, by the machine's clock, in which more instances run at least. */
export interface ScaleWindow {
  /** 0 is Sunday. */
  readonly days: readonly number[];
  /** Minutes since midnight; one that ends before it begins goes on past midnight. */
  readonly fromMinute: number;
  readonly toMinute: number;
  readonly min: number;
}

export interface ZeroSpec {
  /** How long without a request. */
  readonly afterMs: number;
  /** How long a request waits for the first instance, and how many may. */
  readonly holdMs: number;
  readonly requests: number;
}
