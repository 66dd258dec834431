/**
 * The rules that can change what becomes of a request, by the path in `service.yaml` that sets them: what answers,
 * counters and `islet explain` name. `deadline` is set by the caller, not by a file, and `drill` by `islet drill`.
 * `rollout.rule` sent a request to the revision that its header or cookie asks for; `rollout.split` sent it to another
 * revision than the weights or rules said, which had nobody to ask; `rollout.bake` sent it to a warm instance, since
 * nobody else was there.
 */
export const TRAFFIC_RULES = [
  'deadline',
  'drill',
  'rollout.bake',
  'rollout.rule',
  'rollout.split',
  'scale.zero.hold',
  'scale.zero.requests',
  'traffic.balance.panic',
  'traffic.timeout.connect',
  'traffic.timeout.request',
  'traffic.timeout.perTry',
  'traffic.timeout.idle',
  'traffic.retry',
  'traffic.retry.budget',
  'traffic.hedge',
  'traffic.outlier.consecutive5xx',
  'traffic.outlier.consecutiveGateway',
  'traffic.outlier.failureRate',
  'traffic.outlier.stall',
  'traffic.breaker',
  'traffic.limits.connections',
  'traffic.limits.pending',
  'traffic.limits.queue',
  'traffic.limits.requestHeaders',
  'traffic.limits.requestBody',
  'traffic.limits.responseHeaders',
  'traffic.limits.responseBody',
  'traffic.admission',
  'traffic.rateLimit',
  'traffic.fallback',
  'traffic.cache',
  'traffic.cache.staleWhileRevalidate',
  'traffic.cache.staleIfError',
] as const;

export type TrafficRule = (typeof TRAFFIC_RULES)[number];
