import { balanceLeaves } from './balance-leaves.ts';
import { admissionLeaves, cacheLeaves, compressLeaves, fallbackLeaves } from './content.ts';
import { type Leaf, leaves } from './leaf.ts';
import type { Path } from './located.ts';
import type {
  AccessLogSpec,
  BreakerSpec,
  HedgeSpec,
  LimitsSpec,
  OutlierSpec,
  RateLimitSpec,
  RetrySpec,
  TimeoutSpec,
  TrafficSpec,
} from './model.ts';
import { durationText, sizeText } from './quantities.ts';

/** Every effective value of a traffic section. */
export function trafficLeaves(
  section: Path,
  {
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
  }: TrafficSpec,
): readonly Leaf[] {
  return [
    ...balanceLeaves([...section, 'balance'], balance),
    ...timeoutLeaves([...section, 'timeout'], timeout),
    ...retryLeaves(section, retry),
    ...hedgeLeaves(section, hedge),
    ...outlierLeaves(section, outlier),
    ...breakerLeaves(section, breaker),
    ...limitLeaves([...section, 'limits'], limits),
    ...leaves(section, { priority }),
    ...admissionLeaves(section, admission),
    ...rateLimitLeaves([...section, 'rateLimit'], rateLimit),
    ...cacheLeaves(section, cache),
    ...compressLeaves(section, compress),
    ...fallbackLeaves(section, fallback),
    ...logLeaves([...section, 'accessLog'], accessLog),
  ];
}

function timeoutLeaves(section: Path, { connectMs, requestMs, perTryMs, idleMs }: TimeoutSpec): readonly Leaf[] {
  return leaves(section, {
    connect: durationText(connectMs),
    request: durationText(requestMs),
    perTry: durationText(perTryMs),
    idle: durationText(idleMs),
  });
}

function retryLeaves(section: Path, retry: RetrySpec | undefined): readonly Leaf[] {
  if (retry === undefined) return leaves(section, { retry: 'off' });
  const { attempts, budgetPercent, on, backoff } = retry;
  return [
    ...leaves([...section, 'retry'], { attempts, budget: `${budgetPercent}%`, on }),
    ...leaves([...section, 'retry', 'backoff'], {
      base: durationText(backoff.baseMs),
      max: durationText(backoff.maxMs),
    }),
  ];
}

function hedgeLeaves(section: Path, hedge: HedgeSpec | undefined): readonly Leaf[] {
  if (hedge === undefined) return leaves(section, { hedge: 'off' });
  const { delayMs } = hedge;
  return leaves([...section, 'hedge'], { delay: delayMs === undefined ? 'p95' : durationText(delayMs) });
}

function outlierLeaves(section: Path, outlier: OutlierSpec | undefined): readonly Leaf[] {
  if (outlier === undefined) return leaves(section, { outlier: 'off' });
  const { consecutive5xx, consecutiveGateway, failureRatePercent, minCalls, baseMs, maxMs, maxPercent } = outlier;
  return leaves([...section, 'outlier'], {
    consecutive5xx,
    consecutiveGateway,
    failureRate: `${failureRatePercent}%`,
    minCalls,
    base: durationText(baseMs),
    max: durationText(maxMs),
    maxPercent,
  });
}

function breakerLeaves(section: Path, breaker: BreakerSpec | undefined): readonly Leaf[] {
  if (breaker === undefined) return leaves(section, { breaker: 'off' });
  const { failureRatePercent, slow, windowMs, minCalls, openMs, maxOpenMs, halfOpen } = breaker;
  return leaves([...section, 'breaker'], {
    failureRate: `${failureRatePercent}%`,
    slowCall: slow === undefined ? 'off' : durationText(slow.afterMs),
    slowRate: slow && `${slow.ratePercent}%`,
    window: durationText(windowMs),
    minCalls,
    open: durationText(openMs),
    maxOpen: durationText(maxOpenMs),
    halfOpen,
  });
}

function limitLeaves(section: Path, { connections, pending, requests, queueMs, sizes }: LimitsSpec): readonly Leaf[] {
  return leaves(section, {
    connections,
    pending,
    requests,
    queue: durationText(queueMs),
    requestHeaders: sizeOrOff(sizes.requestHeaders),
    requestBody: sizeOrOff(sizes.requestBody),
    responseHeaders: sizeOrOff(sizes.responseHeaders),
    responseBody: sizeOrOff(sizes.responseBody),
  });
}

function sizeOrOff(bytes: number | undefined): string {
  return bytes === undefined ? 'off' : sizeText(bytes);
}

function rateLimitLeaves(section: Path, limits: TrafficSpec['rateLimit']): readonly Leaf[] {
  if (limits.length === 0) return leaves(section.slice(0, -1), { rateLimit: 'off' });
  return limits.flatMap((limit, index) => rateLeaves([...section, index], limit));
}

function rateLeaves(section: Path, { rps, burst, by }: RateLimitSpec): readonly Leaf[] {
  const key = by.kind === 'header' ? `header:${by.name}` : by.kind === 'claim' ? `jwt:${by.name}` : by.kind;
  return leaves(section, { rps, burst, by: key });
}

function logLeaves(section: Path, { sample, slowMs }: AccessLogSpec): readonly Leaf[] {
  return leaves(section, { sample, slow: durationText(slowMs) });
}
