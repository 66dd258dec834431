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

export const RETRY_LIMITS = { charged: 1, failures: 6 } as const;

/**
 * What nobody has processed may be sent again whatever its method; all else must be idempotent. A failure that says
 * nothing of the load of the instance is free, the rest is charged, so that retries never double an overload.
 */
export function decideRetry(failure: AttemptFailure, context: AttemptContext): RetryDecision {
  if (!context.replayable || context.failures >= RETRY_LIMITS.failures) return 'no';
  const charge = context.charged < RETRY_LIMITS.charged ? 'charged' : 'no';
  switch (failure.kind) {
    case 'refused':
      return 'free';
    case 'connect-timeout':
      return charge;
    case 'slow':
      return context.idempotent ? charge : 'no';
    case 'stale':
      return context.idempotent ? 'free' : 'no';
    case 'reset':
      if (!context.idempotent) return 'no';
      return failure.dead ? 'free' : charge;
    case 'final':
      return 'no';
  }
}
