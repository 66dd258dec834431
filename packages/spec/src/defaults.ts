import { own } from './own.ts';

/**
 * Every default, by path, as it would be written in the file. Parsing fills these in, `islet describe` names them, the
 * JSON Schema and the reference print them. `name` is the strategy, `source` is where the value comes from.
 */
export interface Default {
  readonly value: string | number | boolean | readonly string[];
  readonly name: string;
  readonly source?: string;
}

export const SYSTEM_DEFAULTS = {
  services: { value: ['services/*'], name: 'layout' },
  'gateway.host': { value: '127.0.0.1', name: 'gateway', source: 'safe by default: this machine only' },
  'gateway.port': { value: 8080, name: 'gateway' },
  'gateway.tls.redirect': { value: true, name: 'gateway: TLS' },
} as const satisfies Record<string, Default>;

export const SERVICE_DEFAULTS = {
  'run.inputs': { value: ['.'], name: 'layout' },
  'run.stop.grace': { value: '10s', name: 'drain: term', source: 'Docker stop' },
  'run.stop.drain': { value: '30s', name: 'drain: in flight', source: 'Kamal; Kubernetes' },
  uses: { value: [], name: 'security: least privilege' },
  'api.protocol': { value: 'http', name: 'api' },
  'database.backup.every': { value: '24h', name: 'backup', source: 'pgBackRest' },
  'database.backup.pitr': { value: true, name: 'backup', source: 'Litestream; pgBackRest' },
  'database.backup.keep.daily': { value: 7, name: 'backup', source: 'pgBackRest' },
  'database.backup.keep.weekly': { value: 4, name: 'backup', source: 'pgBackRest' },
  'database.backup.keep.monthly': { value: 0, name: 'backup' },
  'database.drill.every': { value: '7d', name: 'restore drill', source: 'Barman, made more frequent' },
  'database.drill.maxRto': { value: '10m', name: 'restore drill' },
  'redis.maxMemory': { value: '64Mi', name: 'redis' },
  'health.startup.fastPeriod': { value: '100ms', name: 'probes: startup' },
  'health.startup.fastFor': { value: '5s', name: 'probes: startup' },
  'health.startup.period': { value: '1s', name: 'probes: startup', source: 'Kamal' },
  'health.startup.timeout': { value: '1s', name: 'probes: startup', source: 'Kubernetes Probe' },
  'health.startup.deadline': { value: '60s', name: 'probes: startup' },
  'health.ready.period': { value: '1s', name: 'probes: readiness', source: 'HAProxy inter' },
  'health.ready.timeout': { value: '1s', name: 'probes: readiness', source: 'Kubernetes Probe' },
  'health.ready.fall': { value: 2, name: 'probes: readiness', source: 'HAProxy fall' },
  'health.ready.rise': { value: 2, name: 'probes: readiness', source: 'HAProxy rise' },
  'health.live.period': { value: '10s', name: 'probes: liveness', source: 'Kubernetes Probe' },
  'health.live.timeout': { value: '1s', name: 'probes: liveness', source: 'Kubernetes Probe' },
  'health.live.fall': { value: 3, name: 'probes: liveness', source: 'Kubernetes Probe' },
  'health.live.rise': { value: 1, name: 'probes: liveness', source: 'Kubernetes Probe' },
  'scale.min': { value: 1, name: 'scaling', source: 'Kubernetes autoscaling/v2' },
  'scale.target.cpu': { value: '70%', name: 'scaling', source: 'Kubernetes HPA' },
  'scale.schedule.days': { value: ['mon', 'tue', 'wed', 'thu', 'fri'], name: 'scaling: schedule' },
  'scale.priority': { value: 50, name: 'scaling: machine budget' },
  'scale.zero.after': { value: '5m', name: 'scaling: zero', source: 'KEDA cooldownPeriod' },
  'scale.zero.hold': { value: '30s', name: 'scaling: zero', source: 'KEDA http-add-on' },
  'scale.zero.requests': { value: 100, name: 'scaling: zero' },
  'rollout.strategy': { value: 'rolling', name: 'rollout: rolling', source: 'Kubernetes apps/v1' },
  'rollout.maxSurge': { value: 1, name: 'rollout: rolling', source: 'Kubernetes apps/v1' },
  'rollout.maxUnavailable': { value: 0, name: 'rollout: rolling' },
  'rollout.minHealthy': { value: '10s', name: 'rollout: rolling', source: 'Nomad update' },
  'rollout.healthyDeadline': { value: '2m', name: 'rollout: rolling', source: 'Nomad update' },
  'rollout.bake': { value: '10m', name: 'rollout: rollback', source: 'Argo scaleDownDelay, lengthened' },
  'rollout.steps': { value: ['5%', '25%', '50%'], name: 'rollout: canary', source: 'Argo Rollouts; Flagger' },
  'rollout.hold': { value: '60s', name: 'rollout: canary', source: 'Flagger interval' },
  'rollout.mirror': { value: '0%', name: 'rollout: mirror', source: 'Flagger' },
  'rollout.autoPromote': { value: true, name: 'rollout: blue-green', source: 'Argo autoPromotionEnabled' },
  'rollout.analysis.success': { value: '99%', name: 'rollout: metrics', source: 'Flagger request-success-rate' },
  'rollout.analysis.p99': { value: '500ms', name: 'rollout: metrics', source: 'Flagger request-duration' },
  'rollout.analysis.requests': { value: 100, name: 'rollout: canary' },
  'rollout.analysis.tooFew': { value: 'continue', name: 'rollout: canary' },
  'traffic.balance.algorithm': { value: 'least-request', name: 'LB', source: 'Envoy LEAST_REQUEST' },
  'traffic.balance.choiceCount': { value: 2, name: 'LB', source: 'Envoy choice_count; HAProxy random(2)' },
  'traffic.balance.bound': { value: '150%', name: 'LB: affinity', source: 'HAProxy hash-balance-factor' },
  'traffic.balance.decay': { value: '10s', name: 'LB: latency-aware', source: 'Linkerd' },
  'traffic.balance.defaultRtt': { value: '30ms', name: 'LB: latency-aware', source: 'Linkerd' },
  'traffic.balance.slowStart.window': { value: '10s', name: 'LB: slow start' },
  'traffic.balance.slowStart.from': { value: '10%', name: 'LB: slow start', source: 'Envoy min_weight_percent' },
  'traffic.balance.panic': { value: '50%', name: 'LB: panic', source: 'Envoy healthy_panic_threshold' },
  'traffic.balance.sticky': { value: 'off', name: 'LB: affinity' },
  'traffic.timeout.connect': { value: '500ms', name: 'timeout', source: 'Envoy, shortened for one machine' },
  'traffic.timeout.request': { value: '15s', name: 'timeout', source: 'Envoy route timeout' },
  'traffic.timeout.idle': { value: '5m', name: 'timeout', source: 'Envoy stream_idle_timeout' },
  'traffic.retry.attempts': { value: 1, name: 'retry', source: 'Envoy num_retries' },
  'traffic.retry.budget': { value: '20%', name: 'retry budget', source: 'Envoy retry_budget; Linkerd' },
  'traffic.retry.on': { value: ['connect-failure', 'reset', 'unavailable'], name: 'retry', source: 'Envoy; Istio' },
  'traffic.retry.backoff.base': { value: '25ms', name: 'retry', source: 'Envoy' },
  'traffic.retry.backoff.max': { value: '250ms', name: 'retry', source: 'Envoy' },
  'traffic.outlier.consecutive5xx': { value: 5, name: 'outlier detection', source: 'Envoy consecutive_5xx' },
  'traffic.outlier.consecutiveGateway': { value: 3, name: 'outlier detection' },
  'traffic.outlier.base': { value: '5s', name: 'outlier detection', source: 'Envoy, shortened for few instances' },
  'traffic.outlier.max': { value: '60s', name: 'outlier detection', source: 'Envoy, shortened for few instances' },
  'traffic.outlier.maxPercent': { value: 50, name: 'outlier detection', source: 'Envoy, widened for few instances' },
  'traffic.breaker.failureRate': { value: '50%', name: 'circuit breaker: failure', source: 'resilience4j' },
  'traffic.breaker.window': { value: '30s', name: 'circuit breaker: failure' },
  'traffic.breaker.minCalls': { value: 20, name: 'circuit breaker: failure', source: 'MicroProfile Fault Tolerance' },
  'traffic.breaker.open': { value: '5s', name: 'circuit breaker: failure', source: 'MicroProfile Fault Tolerance' },
  'traffic.breaker.maxOpen': { value: '60s', name: 'circuit breaker: failure', source: 'resilience4j' },
  'traffic.breaker.halfOpen': { value: 3, name: 'circuit breaker: failure' },
  'traffic.limits.connections': { value: 1024, name: 'circuit breaker: capacity', source: 'Envoy max_connections' },
  'traffic.limits.pending': {
    value: 256,
    name: 'circuit breaker: capacity',
    source: 'Envoy max_pending_requests, lowered',
  },
  'traffic.limits.requests': {
    value: 'auto',
    name: 'bulkhead',
    source: 'Envoy adaptive_concurrency; Netflix concurrency-limits',
  },
  'traffic.limits.queue': { value: '1s', name: 'timeout: queue', source: 'Linkerd failfast' },
  'traffic.cache.memory': { value: '32Mi', name: 'cache' },
  'traffic.cache.maxBody': { value: '1Mi', name: 'cache' },
  'traffic.cache.freshFor': { value: '0s', name: 'cache', source: 'RFC 9111, 4.2.2: nothing is guessed' },
  'traffic.cache.staleWhileRevalidate': { value: '0s', name: 'cache', source: 'RFC 5861' },
  'traffic.cache.staleIfError': { value: '0s', name: 'cache', source: 'RFC 5861' },
  'traffic.cache.acrossRevisions': { value: false, name: 'cache' },
  'traffic.compress.encodings': { value: ['zstd', 'br', 'gzip'], name: 'compression' },
  'traffic.compress.min': { value: '1Ki', name: 'compression' },
  'traffic.compress.types': {
    value: [
      'text/*',
      'application/json',
      'application/ld+json',
      'application/problem+json',
      'application/javascript',
      'application/xml',
      'application/wasm',
      'image/svg+xml',
    ],
    name: 'compression',
  },
  'traffic.fallback.on': { value: ['unanswered'], name: 'fallback' },
  'traffic.fallback.respond.status': { value: 200, name: 'fallback' },
  'traffic.fallback.respond.type': { value: 'application/json', name: 'fallback' },
  'traffic.accessLog.sample': { value: 20, name: 'access log' },
  'traffic.accessLog.slow': { value: '1s', name: 'access log' },
  'traffic.rateLimit.by': { value: 'client', name: 'rate limit' },
  'api.expose.strip': { value: false, name: 'api' },
} as const satisfies Record<string, Default>;

export type ServiceDefault = keyof typeof SERVICE_DEFAULTS;

/** The default for a path of a service's file; an item of a list has its list's. */
export function serviceDefault(path: string): Default | undefined {
  return own<Default>(SERVICE_DEFAULTS, path.replace(/\[\d+\]/g, ''));
}
