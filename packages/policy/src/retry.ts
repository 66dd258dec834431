import type { BackoffSpec, RetryCondition, RetrySpec } from '@islet/spec';

/** RFC 9110, 9.2.2. */
const IDEMPOTENT_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/** Whether doing the request twice is doing it once. `Idempotency-Key`: draft-ietf-httpapi-idempotency-key-header. */
export function isIdempotent(method: string, { hasKey }: { readonly hasKey: boolean }): boolean {
  return hasKey || IDEMPOTENT_METHODS.has(method);
}

/** Why an attempt ended without a response. */
export type AttemptFailure =
  /** No connection: nothing of the request was sent. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'connect-timeout' }
  /** A kept connection ended before a byte of the response: as a rule the server closed it while idle. */
  | { readonly kind: 'stale' }
  /** A new connection ended before a byte of the response. `dead`: the instance has left the table or refuses. */
  | { readonly kind: 'reset'; readonly dead: boolean }
  /** The instance answered 503, and another one is left; or it reset the stream for being asked too much. */
  | { readonly kind: 'unavailable' }
  /** It refused the request, or is about to close the connection: it has processed nothing of it (RFC 9113, 8.7). */
  | { readonly kind: 'unprocessed' }
  /** The instance answered UNAVAILABLE to a gRPC call, and nothing else: that asks for a retry (gRFC A6). */
  | { readonly kind: 'grpc-unavailable' }
  /** An ejected instance was asked, to find out whether it is well again, and is not. */
  | { readonly kind: 'probe' }
  /** A try took its time, and the request has more. */
  | { readonly kind: 'slow' }
  /** Too late or too far to repeat: a timeout, or a response that has begun. */
  | { readonly kind: 'final' };

export interface AttemptContext {
  readonly idempotent: boolean;
  /** The whole body up to now is still at hand. */
  readonly replayable: boolean;
  /** Attempts that failed, this one included. */
  readonly failures: number;
  /** Retries that were charged to the budget. */
  readonly charged: number;
}

export type RetryDecision = 'no' | 'free' | 'charged';

/** However free they are, a request is not tried for ever. */
export const RETRY_LIMITS = { failures: 6 } as const;

/**
 * What nobody has processed may be sent again whatever its method; all else must be idempotent. A failure that says
 * nothing of the load of the instance is free, the rest is charged, so that retries never double an overload. `off`
 * (undefined) leaves only what is free: it concerns the choice of an instance and no repetition.
 */
export function decideRetry(
  failure: AttemptFailure,
  context: AttemptContext,
  retry: RetrySpec | undefined,
): RetryDecision {
  if (!context.replayable || context.failures >= RETRY_LIMITS.failures) return 'no';
  const mayCharge = retry !== undefined && context.charged < retry.attempts;
  const charge = (on: RetryCondition) => (mayCharge && retry.on.includes(on) ? 'charged' : 'no');
  switch (failure.kind) {
    case 'refused':
      return 'free';
    case 'unprocessed':
      // The second time in a row it is no accident, and may well be overload.
      return context.failures <= 1 ? 'free' : charge('connect-failure');
    case 'connect-timeout':
      return charge('connect-failure');
    case 'stale':
    case 'probe':
      return context.idempotent ? 'free' : 'no';
    case 'reset':
      if (!context.idempotent) return 'no';
      return failure.dead ? 'free' : charge('reset');
    case 'slow':
      return context.idempotent ? charge('reset') : 'no';
    case 'unavailable':
      return context.idempotent ? charge('unavailable') : 'no';
    case 'grpc-unavailable':
      return charge('unavailable');
    case 'final':
      return 'no';
  }
}

/**
 * Full jitter (Brooker, "Exponential Backoff And Jitter", 2015): a wait anywhere between nothing and the bound, because
 * callers that failed together and waited equally long would come back together.
 */
export function retryDelayMs(
  nth: number,
  { backoff, dice }: { readonly backoff: BackoffSpec; readonly dice: () => number },
): number {
  return dice() * Math.min(backoff.maxMs, backoff.baseMs * 2 ** (nth - 1));
}

/** A promise of a server that binds nobody for longer than this. */
const LONGEST_RETRY_AFTER_MS = 60_000;

/** `Retry-After` (RFC 9110, 10.2.3): seconds, or a date. `nowMs` is the wall clock's. Undefined: it says nothing. */
export function retryAfterMs(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^[0-9]{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), LONGEST_RETRY_AFTER_MS);
}
