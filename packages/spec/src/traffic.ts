import { freezeDeep } from './freeze.ts';
import type {
  BreakerSpec,
  OutlierSpec,
  RateLimitKey,
  RateLimitSpec,
  RetrySpec,
  TimeoutSpec,
  TrafficSpec,
} from './model.ts';
import { type ParsedTraffic, traffic } from './schema/traffic.ts';

/** What a parsed traffic section means. */
export function trafficOf({
  timeout,
  retry,
  outlier,
  breaker,
  limits,
  rateLimit,
  accessLog,
}: ParsedTraffic): TrafficSpec {
  const { connections, pending, requests, queue } = limits;
  return {
    timeout: timeoutOf(timeout),
    retry: retryOf(retry),
    outlier: outlierOf(outlier),
    breaker: breakerOf(breaker),
    limits: { connections, pending, requests, queueMs: queue },
    rateLimit: rateLimitOf(rateLimit),
    accessLog: { sample: accessLog.sample, slowMs: accessLog.slow },
  };
}

/** Half of the time, unless told otherwise: so that a second instance can still answer after the first was slow. */
function timeoutOf({ connect, request, perTry, idle }: ParsedTraffic['timeout']): TimeoutSpec {
  return { connectMs: connect, requestMs: request, perTryMs: perTry ?? Math.ceil(request / 2), idleMs: idle };
}

function retryOf(retry: ParsedTraffic['retry']): RetrySpec | undefined {
  if (retry === 'off') return undefined;
  const { attempts, budget, on, backoff } = retry;
  return { attempts, budgetPercent: budget, on, backoff: { baseMs: backoff.base, maxMs: backoff.max } };
}

function outlierOf(outlier: ParsedTraffic['outlier']): OutlierSpec | undefined {
  if (outlier === 'off') return undefined;
  const { consecutive5xx, consecutiveGateway, base, max, maxPercent } = outlier;
  return { consecutive5xx, consecutiveGateway, baseMs: base, maxMs: max, maxPercent };
}

function breakerOf(breaker: ParsedTraffic['breaker']): BreakerSpec | undefined {
  if (breaker === 'off') return undefined;
  const { failureRate, window, minCalls, open, maxOpen, halfOpen } = breaker;
  return { failureRatePercent: failureRate, windowMs: window, minCalls, openMs: open, maxOpenMs: maxOpen, halfOpen };
}

function rateLimitOf(rate: ParsedTraffic['rateLimit']): RateLimitSpec | undefined {
  if (rate === undefined) return undefined;
  const { rps, burst, by } = rate;
  return { rps, burst: burst ?? 2 * rps, by: keyOf(by) };
}

function keyOf(by: string): RateLimitKey {
  if (by === 'client' || by === 'route') return { kind: by };
  return { kind: 'header', name: by.slice('header:'.length).toLowerCase() };
}

/** What a file that says nothing of traffic means. */
export const DEFAULT_TRAFFIC: TrafficSpec = freezeDeep(trafficOf(traffic.parse(undefined)));
