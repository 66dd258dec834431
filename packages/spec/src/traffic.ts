import { balanceOf } from './balance.ts';
import { admissionOf, cacheOf, compressOf, fallbackOf } from './content.ts';
import { freezeDeep } from './freeze.ts';
import type {
  BreakerSpec,
  LimitsSpec,
  OutlierSpec,
  RateLimitKey,
  RateLimitSpec,
  RetrySpec,
  ServiceTraffic,
  TimeoutSpec,
  TrafficSpec,
} from './model.ts';
import { type ParsedPolicy, policy } from './schema/traffic.ts';

/** What a parsed policy means. */
export function policyOf({
  balance,
  timeout,
  retry,
  hedge,
  outlier,
  breaker,
  limits,
  priority,
  admission,
  rateLimit,
  cache,
  compress,
  fallback,
  accessLog,
}: ParsedPolicy): TrafficSpec {
  return {
    balance: balanceOf(balance),
    timeout: timeoutOf(timeout),
    retry: retryOf(retry),
    hedge: hedge === 'off' ? undefined : { delayMs: hedge.delay === 'p95' ? undefined : hedge.delay },
    outlier: outlierOf(outlier),
    breaker: breakerOf(breaker),
    limits: limitsOf(limits),
    priority,
    admission: admissionOf(admission),
    rateLimit: rateLimit.map(rateLimitOf),
    cache: cacheOf(cache),
    compress: compressOf(compress),
    fallback: fallbackOf(fallback),
    accessLog: { sample: accessLog.sample, slowMs: accessLog.slow },
  };
}

/**
 * Half of the time, unless told otherwise: so that a second instance can still answer after the first was slow. An
 * override may inherit the time of one try, and allow less for all.
 */
function timeoutOf({ connect, request, perTry, idle }: ParsedPolicy['timeout']): TimeoutSpec {
  return {
    connectMs: connect,
    requestMs: request,
    perTryMs: Math.min(perTry ?? Math.ceil(request / 2), request),
    idleMs: idle,
  };
}

function retryOf(retry: ParsedPolicy['retry']): RetrySpec | undefined {
  if (retry === 'off') return undefined;
  const { attempts, budget, on, backoff } = retry;
  return { attempts, budgetPercent: budget, on, backoff: { baseMs: backoff.base, maxMs: backoff.max } };
}

function outlierOf(outlier: ParsedPolicy['outlier']): OutlierSpec | undefined {
  if (outlier === 'off') return undefined;
  const { consecutive5xx, consecutiveGateway, failureRate, minCalls, base, max, maxPercent } = outlier;
  return {
    consecutive5xx,
    consecutiveGateway,
    failureRatePercent: failureRate,
    minCalls,
    baseMs: base,
    maxMs: max,
    maxPercent,
  };
}

function breakerOf(breaker: ParsedPolicy['breaker']): BreakerSpec | undefined {
  if (breaker === 'off') return undefined;
  const { failureRate, slowCall, slowRate, window, minCalls, open, maxOpen, halfOpen } = breaker;
  return {
    failureRatePercent: failureRate,
    slow: slowCall === 'off' ? undefined : { afterMs: slowCall, ratePercent: slowRate },
    windowMs: window,
    minCalls,
    openMs: open,
    maxOpenMs: maxOpen,
    halfOpen,
  };
}

function limitsOf({ connections, pending, requests, queue, ...sizes }: ParsedPolicy['limits']): LimitsSpec {
  return {
    connections,
    pending,
    requests,
    queueMs: queue,
    sizes: {
      requestHeaders: sizeOf(sizes.requestHeaders),
      requestBody: sizeOf(sizes.requestBody),
      responseHeaders: sizeOf(sizes.responseHeaders),
      responseBody: sizeOf(sizes.responseBody),
    },
  };
}

/** A word stands for none. */
function sizeOf(size: number | string): number | undefined {
  return typeof size === 'number' ? size : undefined;
}

function rateLimitOf({ rps, burst, by }: ParsedPolicy['rateLimit'][number]): RateLimitSpec {
  return { rps, burst: burst ?? 2 * rps, by: keyOf(by) };
}

function keyOf(by: string): RateLimitKey {
  if (by === 'client' || by === 'route') return { kind: by };
  if (by.startsWith('jwt:')) return { kind: 'claim', name: by.slice('jwt:'.length) };
  return { kind: 'header', name: by.slice('header:'.length).toLowerCase() };
}

/** What a file that says nothing of traffic means. */
export const DEFAULT_TRAFFIC: ServiceTraffic = freezeDeep({ ...policyOf(policy.parse({})), overrides: [] });
