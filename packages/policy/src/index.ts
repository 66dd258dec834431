/*
 * Decisions that need neither I/O nor a clock of their own: proxy, control plane and simulation share them. One noun to
 * a file. `routing-table.ts` is what the proxy is told; what it decides of a request is, in the order of asking, in
 * `route-tree.ts`, `rate-limiter.ts`, `throttle.ts` (admission), `breaker.ts`, `bulkhead.ts`, `split.ts` (revisions),
 * `balancer.ts`, `outlier.ts`, `deadline.ts`, `retry.ts` and `retry-budget.ts`. The control plane asks `probe.ts`,
 * `backoff.ts`, `scale.ts` and `sequential.ts` (whether a revision is worse).
 */
export { ADAPTIVE_LIMIT, AdaptiveLimit } from './adaptive-limit.ts';
export {
  type Alert,
  type AlertState,
  type Condition,
  HOLD_MS,
  keyOf as alertKey,
  type Notice,
  REMIND_MS,
  SEVERITIES,
  type Severity,
  turnAlerts,
} from './alerts/alert.ts';
export { BURN_RULES, type Burn, burnRate, judgeSlo, MIN_BAD, type SloVerdict } from './alerts/burn.ts';
export {
  addOutcomes,
  type OutcomePoint,
  type OutcomeSeries,
  type Outcomes,
  outcomesIn,
  SLO_WINDOW_MS,
  thinned,
} from './alerts/outcomes.ts';
export { RESTART_BACKOFF, restartDelayMs } from './backoff.ts';
export { Balancer, type Candidate, type Choice } from './balancer.ts';
export {
  BREAKER_CELLS,
  BREAKER_GENERATION,
  BREAKER_PROBES,
  Breaker,
  type BreakerState,
  type CallResult,
  isUnavailable,
  type OpenedBy,
} from './breaker.ts';
export { BULKHEAD_CELLS, BULKHEAD_GAUGES, Bulkhead, type Places } from './bulkhead.ts';
export { type ByteRange, type Conditions, clientHasIt, rangeOf, type Validators } from './cache/condition.ts';
export { type CacheControl, cacheControl } from './cache/control.ts';
export { type Lifetime, lifetimeOf, type StorableRequest, type StorableResponse } from './cache/storage.ts';
export { type CacheUse, useOf } from './cache/use.ts';
export {
  CAPACITY_REQUESTS,
  type CapacityModel,
  errorOf,
  type Fit,
  type Forecast,
  fitCapacity,
  forecast,
  instancesFor,
  type Observed,
  type Parallelism,
  type Unfit,
} from './capacity.ts';
export type { Cells } from './cells.ts';
export {
  type Allowed,
  Comparison,
  type ComparisonData,
  FALSE_ALARMS,
  type Regression,
  type RevisionCounts,
} from './comparison.ts';
export { type CompressibleResponse, isCompressible, negotiateCoding } from './content/encoding.ts';
export { DEADLINE_MARGIN, passedOnMs } from './deadline.ts';
export {
  GROWTH,
  type GrowthData,
  type GrowthFound,
  growthOf,
  type MemoryReading,
  NO_GROWTH,
  watchGrowth,
} from './growth.ts';
export {
  GRPC_STATUS,
  type GrpcStatus,
  grpcEquivalent,
  grpcMessage,
  grpcTimeoutMs,
  grpcTimeoutText,
  httpEquivalent,
  pushback,
} from './grpc.ts';
export { hash32 } from './hash.ts';
export { bucketOf, Histogram, type HistogramData, recordedSince, upperEndOf } from './histogram.ts';
export { LatencyWindow, p95Ms, quantileMs } from './latency-window.ts';
export { LoopTurns } from './loop-turns.ts';
export { type Allotment, allot, type Demand, type Resources } from './machine-budget.ts';
export {
  failsMore,
  type Group,
  mayEject,
  OUTLIER_RATE,
  type OutlierCause,
  STANDING_CELLS,
  STANDING_PROBING,
  Standing,
  stallAfterMs,
} from './outlier.ts';
export { namedPart, type PathPattern, parsePattern } from './path-pattern.ts';
export { PeakEwma } from './peak-ewma.ts';
export {
  afterProbe,
  type DueProbe,
  dueProbes,
  type ProbeKind,
  type ProbeResult,
  type ProbeState,
  startProbing,
} from './probe.ts';
export {
  type Buckets,
  type Draw,
  RateLimiter,
  type RateRefusal,
  type RateTaken,
  type RateVerdict,
} from './rate-limiter.ts';
export { type Ended, NOTABLE_PER_SECOND, RecordBudget } from './record-budget.ts';
export {
  type DecisionRecord,
  KEPT_BECAUSE,
  type KeptBecause,
  RECORD_VERSION,
  type RequestRecord,
  type RequestTimings,
  type TryRecord,
  tryDigit,
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
export { RETRY_BUDGET, RETRY_BUDGET_CELLS, RetryBudget } from './retry-budget.ts';
export { POINTS_PER_INSTANCE, Ring } from './ring.ts';
export { indexRoutes, matchRoute, matchRouteNaively, type RouteIndex, stripPrefix } from './route.ts';
export { type PatternRoute, RouteTree } from './route-tree.ts';
export type * from './routing-table.ts';
export {
  layersOf,
  placesOf,
  placeText,
  type RulePlace,
  rulePlace,
  type Scope,
  type Whereabouts,
  type WrittenLines,
} from './rule-place.ts';
export { decideScale, type ScaleInput, type ScaleRule, type ScaleVerdict } from './scale.ts';
export { NO_SCALE_MEMORY, rememberChange, rememberWanted, SCALE_BEHAVIOR, type ScaleMemory } from './scale-memory.ts';
export { type LocalTime, scheduledMin } from './scale-schedule.ts';
export { judgeSignal, SCALE_TOLERANCE, type ScaledNow, type ScaleSignal, type SignalVerdict } from './scale-signal.ts';
export { OddsTest, RateTest, type Tally } from './sequential.ts';
export { warmth } from './slow-start.ts';
export { EvenDraw, ruledRevision, type SplitFields, weightedRevision } from './split.ts';
export { THROTTLE, THROTTLE_CELLS, Throttle } from './throttle.ts';
export { type RoutePolicy, routeName, type Scoped, TrafficPolicies } from './traffic-policies.ts';
export { TRAFFIC_RULES, type TrafficRule } from './traffic-rule.ts';
