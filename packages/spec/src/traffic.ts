import { freezeDeep } from './freeze.ts';
import type { TimeoutSpec, TrafficSpec } from './model.ts';
import { type ParsedTraffic, traffic } from './schema/traffic.ts';

/** What a parsed traffic section means. */
export function trafficOf({ timeout }: ParsedTraffic): TrafficSpec {
  return { timeout: timeoutOf(timeout) };
}

/** Half of the time, unless told otherwise: so that a second instance can still answer after the first was slow. */
function timeoutOf({ connect, request, perTry, idle }: ParsedTraffic['timeout']): TimeoutSpec {
  return { connectMs: connect, requestMs: request, perTryMs: perTry ?? Math.ceil(request / 2), idleMs: idle };
}

/** What a file that says nothing of traffic means. */
export const DEFAULT_TRAFFIC: TrafficSpec = freezeDeep(trafficOf(traffic.parse(undefined)));
