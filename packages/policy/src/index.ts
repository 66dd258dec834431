export { ADAPTIVE_LIMIT, AdaptiveLimit } from './adaptive-limit.ts';
export { RESTART_BACKOFF, restartDelayMs } from './backoff.ts';
export { Breaker, type BreakerState, isUnavailable, type OpenedBy } from './breaker.ts';
export { Bulkhead } from './bulkhead.ts';
export { DEADLINE_MARGIN, passedOnMs } from './deadline.ts';
export { Histogram, type HistogramData } from './histogram.ts';
export { LatencyWindow, quantileMs } from './latency-window.ts';
export { type Group, mayEject, type OutlierCause, Standing, stallAfterMs } from './outlier.ts';
export { type Loaded, leastOfTwo } from './p2c.ts';
export {
  afterProbe,
  type DueProbe,
  dueProbes,
  type ProbeKind,
  type ProbeResult,
  type ProbeState,
  startProbing,
} from './probe.ts';
export { RateLimiter } from './rate-limiter.ts';
export { type Ended, NOTABLE_PER_SECOND, RecordBudget } from './record-budget.ts';
export {
  type DecisionRecord,
  KEPT_BECAUSE,
  type KeptBecause,
  RECORD_VERSION,
  type RequestRecord,
  type RequestTimings,
  type TryRecord,
  trySpan,
  WIRE_PROTOCOLS,
  type WireProtocol,
} from './request-record.ts';
export {
  type AttemptContext,
  type AttemptFailure,
  decideRetry,
  isIdempotent,
  RETRY_LIMITS,
  type RetryDecision,
  retryAfterMs,
  retryDelayMs,
} from './retry.ts';
export { RETRY_BUDGET, RetryBudget } from './retry-budget.ts';
export { indexRoutes, matchRoute, matchRouteNaively, type RouteIndex, stripPrefix } from './route.ts';
export type * from './routing-table.ts';
export { EvenDraw, ruledRevision, type SplitFields, weightedRevision } from './split.ts';
export { TRAFFIC_RULES, type TrafficRule } from './traffic-rule.ts';
