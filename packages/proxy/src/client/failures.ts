import type { AttemptFailure } from '@islet/policy';
import { PROXY_ERRORS, ProxyError, type ProxyErrorCode } from '../errors.ts';
import type { ServiceState } from '../upstream/service.ts';
import type { Gone, Wire } from '../upstream/wire.ts';

/** What the end of a wire, before the head of a response, says to the retry policy. */
export function failureOf(why: Gone, wire: Wire | undefined): AttemptFailure {
  if (why === 'refused' || why === 'unprocessed') return { kind: why };
  if (why === 'overloaded' && wire?.answering === false) return { kind: 'unavailable' };
  if (why === 'bad-response' || wire === undefined || wire.answering) return { kind: 'final' };
  return wire.used ? { kind: 'stale' } : { kind: 'reset', dead: false };
}

export const REFUSED = new ProxyError('no-instance-reachable', 'no instance took a connection');
const RESET = new ProxyError('upstream-reset', 'the instance closed the connection before it responded');
const OVERLOADED = new ProxyError('instance-overloaded', 'the instance asked for fewer requests');

/** What is told of it, where no more is known. */
export function errorOf(why: Gone): ProxyError {
  if (why === 'refused') return REFUSED;
  return why === 'overloaded' ? OVERLOADED : RESET;
}

export const HEAD_TIMEOUT = new ProxyError('request-timeout', PROXY_ERRORS['request-timeout'].hint);
export const CONNECT_TIMEOUT = new ProxyError('connect-timeout', 'the instance took no connection in time', {
  rule: 'traffic.timeout.connect',
});
export const RESPONSE_TIMEOUT = new ProxyError('response-timeout', 'no instance sent a response in time', {
  rule: 'traffic.timeout.request',
});
export const DEADLINE = new ProxyError('deadline-exceeded', 'the caller has no time left', { rule: 'deadline' });
export const REQUEST_TIMEOUT = new ProxyError('request-timeout', 'the body of the request did not come', {
  rule: 'traffic.timeout.idle',
});
export const BODY_SLOW = new ProxyError('request-timeout', 'the body of the request came too slowly');
export const CLIENT_SLOW = new ProxyError('client-slow', 'the client did not take the response');
export const STILL = new ProxyError('response-cut', 'no more of the response came', { rule: 'traffic.timeout.idle' });
export const CUT = new ProxyError('response-cut', 'the instance broke off its response');
export const WAITED = new ProxyError('overloaded', 'no place became free in time', { rule: 'traffic.limits.queue' });
export const PUSHED_OUT = new ProxyError(
  'overloaded',
  'too many requests wait that are more important, or of clients that have fewer waiting',
  {
    rule: 'traffic.limits.pending',
  },
);

export const NOT_CACHED = new ProxyError('not-cached', 'nothing that may be used is stored', { rule: 'traffic.cache' });
export const NEVER_STARTED = new ProxyError('no-ready-instance', 'its first instance did not become ready in time', {
  rule: 'scale.zero.hold',
});
export const DOOR_FULL = new ProxyError('overloaded', 'too many requests wait for the first instance already', {
  rule: 'scale.zero.requests',
});

/** Nobody is there to ask, or nobody else. */
export function nobodyLeft({ failures }: { readonly failures: number }, service: ServiceState): ProxyError {
  return failures > 0 ? REFUSED : notReady(service);
}

/** Nobody was there to ask. */
function notReady({ name, unavailable, pool, split }: ServiceState): ProxyError {
  const whose = split === undefined || pool.endpoints.length === 0 ? '' : ' whose revision has a share of its requests';
  return new ProxyError('no-ready-instance', unavailable ?? `no instance of ${name}${whose} is ready`);
}

/** What is the instance's doing: not what the client left undone, nor a kept connection that it closed in order. */
export function isHeldAgainst({ kind }: AttemptFailure, error: ProxyErrorCode): boolean {
  if (kind === 'final') return error === 'response-timeout' || error === 'bad-response';
  return kind === 'reset' || kind === 'slow' || kind === 'unavailable' || kind === 'connect-timeout';
}
