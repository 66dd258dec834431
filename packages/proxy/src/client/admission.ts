import { isUnavailable, type RateRefusal } from '@islet/policy';
import { ProxyError, type ProxyErrorCode } from '../errors.ts';
import type { Waiter } from '../guards.ts';
import { breakerText } from '../record/reasons.ts';
import type { ExchangeOrder } from './exchange-order.ts';
import { drawsOf } from './rate-key.ts';

export type AdmissionOptions = Pick<ExchangeOrder, 'request' | 'policy' | 'client' | 'way' | 'runtime'>;

/** Whether one request is let through to its service, and what its end says to those who decide that of the next ones. */
export class Admission {
  readonly #options: AdmissionOptions;
  /** In which generation of the breaker it was let through; undefined: it owes the breaker nothing. */
  #generation: number | undefined;
  #place: 'none' | 'waiting' | 'request' | 'tunnel' = 'none';

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** Lets it go now, or when its turn comes: then the waiter is told. */
  enter(waiter: Waiter): Entrance {
    const refusal = this.#rateRefuses() ?? this.#breakerRefuses();
    if (refusal !== undefined) return { kind: 'refused', error: refusal };
    const { way, policy } = this.#options;
    const { limits } = policy;
    if (way.bulkhead.tryEnter(limits)) {
      this.#place = 'request';
      return GO;
    }
    if (!way.bulkhead.tryWait(waiter, limits)) return { kind: 'refused', error: QUEUE_FULL };
    this.#place = 'waiting';
    return { kind: 'waits', until: this.#options.runtime.now() + limits.queueMs };
  }

  /** Its turn has come. */
  placed(): void {
    this.#place = 'request';
  }

  switched(): void {
    this.#options.way.bulkhead.becomeTunnel();
    this.#place = 'tunnel';
    this.#callNext();
  }

  /** It is over, whatever it came to. */
  leave(waiter: Waiter): void {
    this.abandoned();
    const { bulkhead } = this.#options.way;
    const place = this.#place;
    this.#place = 'none';
    if (place === 'waiting') bulkhead.stopWaiting(waiter);
    else if (place === 'request') bulkhead.leave();
    else if (place === 'tunnel') bulkhead.closeTunnel();
    if (bulkhead.waiting > 0) this.#callNext();
  }

  #callNext(): void {
    const { way, policy } = this.#options;
    const { limits } = policy;
    for (let next = way.bulkhead.next(limits); next !== undefined; next = way.bulkhead.next(limits)) next.onPlace();
  }

  #rateRefuses(): ProxyError | undefined {
    const { policy, way, request, client, runtime } = this.#options;
    const { rateLimit } = policy;
    if (rateLimit.length === 0) return undefined;
    const refusal = way.rate.takeAll(drawsOf(rateLimit, client, request.fields), runtime.now());
    return refusal && rateLimited(refusal);
  }

  #breakerRefuses(): ProxyError | undefined {
    const { way, policy, runtime } = this.#options;
    const { breaker } = policy;
    if (breaker === undefined) return undefined;
    const now = runtime.now();
    this.#generation = way.breaker.admit(now, breaker);
    if (this.#generation !== undefined) return undefined;
    const retryAfterMs = way.breaker.refusedForMs(now);
    return new ProxyError('breaker-open', 'too many of the last calls have failed', {
      rule: 'traffic.breaker',
      retryAfterMs,
      why: breakerText(way.breaker.openedBy, breaker, retryAfterMs),
    });
  }

  /**
   * The response that the caller gets has begun, and only its end will tell how it went. A breaker that finds out can't
   * wait for the end of a long one, or it would hold back all others.
   */
  begun(): void {
    const { way, runtime } = this.#options;
    if (way.breaker.stateAt(runtime.now()) === 'half-open') this.#record(false);
  }

  /** It is known how the response went that the caller gets. */
  answered(status: number): void {
    this.#record(isUnavailable(status));
  }

  /** The caller gets an error of the proxy's own. */
  failed(code: ProxyErrorCode): void {
    if (UNAVAILABLE.has(code)) this.#record(true);
    else this.abandoned();
  }

  /** Nothing was learnt of the service. */
  abandoned(): void {
    if (this.#generation !== undefined) this.#options.way.breaker.release(this.#generation);
    this.#generation = undefined;
  }

  #record(failed: boolean): void {
    const { way, policy, runtime } = this.#options;
    const { breaker } = policy;
    if (this.#generation === undefined || breaker === undefined) return;
    way.breaker.record(this.#generation, { failed, now: runtime.now() }, breaker);
    this.#generation = undefined;
  }
}

/** Fields as in draft-ietf-httpapi-ratelimit-headers-07, which most clients read. */
function rateLimited({ limit: { rps, burst }, waitMs }: RateRefusal): ProxyError {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  return new ProxyError('rate-limited', `more than ${rps} requests a second`, {
    rule: 'traffic.rateLimit',
    why: `none left of ${burst} at once and ${rps} a second; the next in ${Math.ceil(waitMs)} ms`,
    retryAfterMs: waitMs,
    fields: `RateLimit-Limit: ${burst}\r\nRateLimit-Remaining: 0\r\nRateLimit-Reset: ${seconds}\r\n`,
  });
}

export type Entrance =
  | { readonly kind: 'go' }
  | { readonly kind: 'waits'; readonly until: number }
  | { readonly kind: 'refused'; readonly error: ProxyError };

const GO: Entrance = { kind: 'go' };
const QUEUE_FULL = new ProxyError('overloaded', 'too many requests wait already', { rule: 'traffic.limits.pending' });

/**
 * No answer came, and the caller waited for it. Where none was there to ask, or all refuse, callers wait for nothing, and
 * the next instance must not be kept waiting; where the caller itself ran out of time, nothing is proved.
 */
const UNAVAILABLE: ReadonlySet<ProxyErrorCode> = new Set([
  'connect-timeout',
  'response-timeout',
  'upstream-reset',
  'bad-response',
]);
