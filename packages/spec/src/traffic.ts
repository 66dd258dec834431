import { freezeDeep } from './freeze.ts';
import type { RetrySpec, TimeoutSpec, TrafficSpec } from './model.ts';
import { type ParsedTraffic, traffic } from './schema/traffic.ts';

/** What a parsed traffic section means. */
export function trafficOf({ timeout, retry }: ParsedTraffic): TrafficSpec {
  return { timeout: timeoutOf(timeout), retry: retryOf(retry) };
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

/** What a file that says nothing of traffic means. */
export const DEFAULT_TRAFFIC: TrafficSpec = freezeDeep(trafficOf(traffic.parse(undefined)));
