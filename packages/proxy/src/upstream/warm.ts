import { RETRY_LIMITS } from '@islet/policy';
import type { EndpointState } from './endpoint.ts';
import type { Tried } from './pick.ts';
import type { Pool } from './pool.ts';
import type { ServiceState } from './service.ts';

/**
 * When a warm instance is asked.
 *
 * While a revision bakes, the one before it runs beside it, warm, and gets no requests. Where all instances of the new one
 * end at once, the control plane learns of it within milliseconds, and publishes a table by which the warm ones serve. What
 * comes before that could be served too; and a control plane that is dead publishes nothing. So the table names the warm
 * ones, and they are a last resort: asked where all others are *dead*, and for nothing else.
 *
 * Dead is who refuses connections. The kernel says so of a port where nobody listens, and of no other: where an instance is
 * too slow to take them, they wait. That a revision is slow, answers errors, or was ejected for that, is evidence against it,
 * and ends in a rollback; an old one that answered in its stead would hide it. The same goes for a connection that was
 * not taken in time.
 *
 * Who was refused tells all requests of its worker, for a second (`LIMITS.avoidRefusedMs`); after that, one of them finds out
 * again. So the first requests of all go through the dead ones one by one, and each refusal is free of the retry budget. But the
 * tries of one request are limited all the same, so the last of them is not for one more that may be dead: where it has
 * met nobody alive until then, it goes to a warm one.
 */
export function isNobodyThere({ endpoints }: Pool, { failed, ended }: Tried, now: number): boolean {
  const isDead = ({ deadUntil }: EndpointState) => deadUntil > now;
  if (endpoints.every(isDead)) return true;
  const isLastTry = failed.length >= RETRY_LIMITS.failures - 1;
  return isLastTry && failed.every((endpoint) => isDead(endpoint) || ended.includes(endpoint));
}

export function isWarm({ warm }: Pick<ServiceState, 'warm'>, endpoint: EndpointState): boolean {
  return warm.endpoints.length > 0 && warm.endpoints.includes(endpoint);
}

/** Nobody could be asked: requests wait for the first instance, or are refused. */
export function isEmpty({ pool, warm }: Pick<ServiceState, 'pool' | 'warm'>): boolean {
  return pool.endpoints.length === 0 && warm.endpoints.length === 0;
}

/** The counter that decided, as a person reads it. */
export function warmText({ pool }: Pick<ServiceState, 'pool'>, { endpoint }: EndpointState): string {
  const revisions = new Set(pool.endpoints.map((other) => other.endpoint.revision));
  const whose = revisions.size === 0 ? '' : ` of revision ${[...revisions].join(', ')}`;
  return `no instance${whose} takes a connection: a warm one of revision ${endpoint.revision} is asked`;
}
