import type { TrafficRule } from '@islet/policy';
import type { ExchangeOrder } from '../client/exchange-order.ts';
import { placesText } from './reasons.ts';

/** What a rule was set to when it decided, and what it counted; undefined: whoever decides says it. */
export function ruleValue(
  rule: TrafficRule,
  { policy: { timeout, limits }, way, service: { hold }, callerHasMs, request }: ExchangeOrder,
): string | undefined {
  switch (rule) {
    case 'deadline':
      return `it gave ${Math.min(callerHasMs ?? FOREVER, request.fields.grpcTimeoutMs ?? FOREVER)} ms`;
    case 'traffic.timeout.connect':
      return `${timeout.connectMs} ms`;
    case 'traffic.timeout.request':
      return `${timeout.requestMs} ms`;
    case 'traffic.timeout.idle':
      return `${timeout.idleMs} ms`;
    case 'traffic.limits.queue':
      return `${limits.queueMs} ms; ${placesText(way.bulkhead, limits)}`;
    case 'traffic.limits.pending':
      return `${limits.pending} may wait; ${placesText(way.bulkhead, limits)}`;
    case 'scale.zero.hold':
      return hold && `${hold.maxMs} ms`;
    case 'scale.zero.requests':
      return hold && `${hold.requests} may wait`;
    default:
      return undefined;
  }
}

const FOREVER = Number.POSITIVE_INFINITY;
