import type { TrafficRule } from '@islet/policy';
import type { ExchangeOrder } from '../client/exchange-order.ts';
import type { ProxyError } from '../errors.ts';
import type { ResponseHead } from '../http/response-head.ts';
import { ruleValue } from './rule-value.ts';
import type { Trail } from './trail.ts';

/** What the proxy adds to a response: the id by which it can be asked for, and an explanation for whoever may see it. */
export function ownFields({ hasRequestId }: ResponseHead, trail: Trail): string {
  const id = hasRequestId ? '' : `x-request-id: ${trail.start.id}\r\n`;
  return trail.start.asked ? `${id}x-islet-explain: ${trail.text}\r\n` : id;
}

/** What decided that the proxy answers with this error. */
export function whyOf({ why, message }: ProxyError, rule: TrafficRule, order: ExchangeOrder): string {
  if (why !== undefined) return why;
  const value = ruleValue(rule, order);
  return value === undefined ? message : `${message}: ${value}`;
}
