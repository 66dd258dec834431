import type { TrafficRule } from '@islet/policy';
import type { TrafficSpec } from '@islet/spec';
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
export function whyOf({ why, message }: ProxyError, rule: TrafficRule, policy: TrafficSpec): string {
  const value = ruleValue(rule, policy);
  return why ?? (value === undefined ? message : `${message}: ${value}`);
}
