export const LATENCY_SHARES = { p50: 50, p90: 90, p95: 95, p99: 99 } as const;
export type LatencyShare = keyof typeof LATENCY_SHARES;

/** A service level objective, over 30 days. */
export type SloSpec =
  /** Percent of the requests that the service does not fail. */
  | { readonly kind: 'availability'; readonly percent: number }
  /** The share of the requests that are answered within `withinMs`. */
  | { readonly kind: 'latency'; readonly share: LatencyShare; readonly withinMs: number };
