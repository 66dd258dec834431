/**
 * The rules that can change what becomes of a request, by the path in `service.yaml` that sets them: what answers, counters
 * and `islet explain` name. `deadline` is set by the caller, not by a file.
 */
export const TRAFFIC_RULES = [
  'deadline',
  'traffic.timeout.connect',
  'traffic.timeout.request',
  'traffic.timeout.perTry',
  'traffic.timeout.idle',
  'traffic.retry',
  'traffic.retry.budget',
  'traffic.outlier.consecutive5xx',
  'traffic.outlier.consecutiveGateway',
  'traffic.outlier.stall',
  'traffic.breaker',
  'traffic.limits.connections',
  'traffic.limits.pending',
  'traffic.limits.queue',
] as const;

export type TrafficRule = (typeof TRAFFIC_RULES)[number];
