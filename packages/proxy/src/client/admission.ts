import { isUnavailable, type RateRefusal, type RateTaken } from '@islet/policy';
import type { TrafficSpec } from '@islet/spec';
import { PRIORITIES, type Priority } from '@islet/spec/model';
import { ProxyError, type ProxyErrorCode } from '../errors.ts';
import type { Waiter } from '../guards.ts';
import { fieldValue } from '../http/fields.ts';
import type { ResponseHead } from '../http/response-head.ts';
import { breakerText, shedText } from '../record/reasons.ts';
import type { ExchangeOrder } from './exchange-order.ts';
import type { Patience } from './patience.ts';
import { drawsOf } from './rate-key.ts';

export type AdmissionOptions = Pick<
  ExchangeOrder,
  'request' | 'origin' | 'policy' | 'client' | 'way' | 'service' | 'runtime'
>;

/** Whether one request is let through to its service, and what its end says to those who decide that of the next ones. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #patience: Pick<Patience, 'tookMs'>;
  /** In which generation of the breaker it was let through; undefined: it owes the breaker nothing. */
  #generation: number | undefined;
  #taken: RateTaken | undefined;
  #place: 'none' | 'waiting' | 'request' | 'tunnel' = 'none';

  readonly #priority: Priority;
  /** It owes an end to those who decide how much is sent. */
  #isCounted = false;

  constructor(options: AdmissionOptions, patience: Pick<Patience, 'tookMs'>) {
    this.#options = options;
    this.#patience = patience;
    this.#priority = priorityOf(options);
  }

  /** Lets it go now, or when its turn comes: then the waiter is told. */
  enter(waiter: Waiter): Entrance {
    const refusal = this.#rateRefuses() ?? this.#sheds() ?? this.#breakerRefuses();
    if (refusal !== undefined) return { kind: 'refused', error: refusal };
    const { way, policy, client } = this.#options;
    const { limits } = policy;
    this.#isCounted = true;
    if (way.bulkhead.tryEnter(limits)) {
      this.#place = 'request';
      return GO;
    }
    const rank = PRIORITIES.indexOf(this.#priority);
    const waits = way.bulkhead.tryWait(waiter, limits, rank, client);
    const pushedOut = waits ? undefined : way.bulkhead.pushOut(waiter, rank, client);
    if (!waits && pushedOut === undefined) return { kind: 'refused', error: QUEUE_FULL };
    this.#place = 'waiting';
    return { kind: 'waits', until: this.#options.runtime.now() + limits.queueMs, pushedOut };
  }

  /** Its turn has come. */
  placed(): void {
    this.#place = 'request';
  }

  switched(): void {
    this.#options.way.bulkhead.becomeTunnel();
    this.#place = 'tunnel';
    this.callNext();
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
    if (bulkhead.waiting > 0) this.callNext();
  }

  /** Lets in whoever there is a place for. */
  callNext(): void {
    const { way, policy } = this.#options;
    const { limits } = policy;
    for (let next = way.bulkhead.next(limits); next !== undefined; next = way.bulkhead.next(limits)) next.onPlace();
  }

  #rateRefuses(): ProxyError | undefined {
    const { policy, way, request, client, runtime } = this.#options;
    const { rateLimit } = policy;
    if (rateLimit.length === 0) return undefined;
    const draws = drawsOf(rateLimit, { client, fields: request.fields, claimOf: runtime.claimOf });
    const verdict = way.rate.takeAll(draws, runtime.now());
    if (verdict.kind === 'refused') return rateLimited(verdict, rateLimit);
    if (verdict.kind === 'taken') this.#taken = verdict;
    return undefined;
  }

  /** What the response says of its rate limits, whoever makes it; an instance that says so itself has the word. */
  rateFields({ passed }: Pick<ResponseHead, 'passed'>): string {
    const taken = this.#taken;
    if (taken === undefined || fieldValue(passed, 'ratelimit-limit') !== undefined) return '';
    return rateFields(taken.limit.burst, taken.left, taken.fullInMs);
  }

  #sheds(): ProxyError | undefined {
    const { policy, service, runtime } = this.#options;
    const { admission } = policy;
    const priority = this.#priority;
    if (
      admission === undefined ||
      !service.throttle.sheds(priority, { now: runtime.now(), dice: runtime.dice }, admission)
    ) {
      return undefined;
    }
    const why = shedText(service.throttle, priority, admission);
    return new ProxyError('shed', 'the service refuses most requests', { rule: 'traffic.admission', why });
  }

  #breakerRefuses(): ProxyError | undefined {
    const { way, policy, runtime } = this.#options;
    const { breaker } = policy;
    if (breaker === undefined) return undefined;
    const now = runtime.now();
    this.#generation = way.breaker.admit(now, breaker);
    if (this.#generation !== undefined) return undefined;
    const retryAfterMs = way.breaker.refusedForMs(now);
    const { openedBy } = way.breaker;
    const whatTheyDid = openedBy?.kind === 'slow' ? 'were slow' : 'have failed';
    return new ProxyError('breaker-open', `too many of the last calls ${whatTheyDid}`, {
      rule: 'traffic.breaker',
      retryAfterMs,
      why: breakerText(openedBy, breaker, retryAfterMs),
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
  answered(status: number, retryAfter?: string): void {
    const isRefusal = status === 503 && retryAfter !== undefined;
    if (isRefusal || status !== 503) this.#count({ accepted: !isRefusal });
    // A service that says when to come back is overloaded, and not broken: it is sent less, not nothing.
    if (isRefusal && this.#options.policy.admission !== undefined) this.abandoned();
    else this.#record(isUnavailable(status));
  }

  /** The caller gets an error of the proxy's own. */
  failed(code: ProxyErrorCode): void {
    if (code === 'overloaded') this.#count({ accepted: false });
    if (UNAVAILABLE.has(code)) this.#record(true);
    else this.abandoned();
  }

  #count({ accepted }: { readonly accepted: boolean }): void {
    const { policy, service, runtime } = this.#options;
    if (!this.#isCounted || policy.admission === undefined) return;
    this.#isCounted = false;
    service.throttle.record(this.#priority, { accepted, now: runtime.now() }, policy.admission);
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
    const now = runtime.now();
    const slow = breaker.slow !== undefined && this.#patience.tookMs(now) > breaker.slow.afterMs;
    way.breaker.record(this.#generation, { failed, slow, now }, breaker);
    this.#generation = undefined;
  }
}

/** What its caller says, where that is believed; else what the file says. */
function priorityOf({ policy, request, origin }: AdmissionOptions): Priority {
  const { admission, priority } = policy;
  if (admission?.header === undefined || origin.from.kind === 'gateway') return priority;
  const said = fieldValue(request.fields.passed, admission.header)?.toLowerCase();
  return PRIORITIES.find((known) => known === said) ?? priority;
}

function rateLimited({ limit, waitMs }: RateRefusal, all: TrafficSpec['rateLimit']): ProxyError {
  const { rps, burst } = limit;
  return new ProxyError('rate-limited', `more than ${rps} requests a second`, {
    rule: 'traffic.rateLimit',
    part: all.length > 1 ? `[${all.indexOf(limit)}]` : '',
    why: `none left of ${burst} at once and ${rps} a second; the next in ${Math.ceil(waitMs)} ms`,
    retryAfterMs: waitMs,
    fields: rateFields(burst, 0, waitMs),
  });
}

/** As in draft-ietf-httpapi-ratelimit-headers-07, which most clients read. */
function rateFields(limit: number, left: number, resetMs: number): string {
  const seconds = Math.max(1, Math.ceil(resetMs / 1000));
  return `RateLimit-Limit: ${limit}\r\nRateLimit-Remaining: ${left}\r\nRateLimit-Reset: ${seconds}\r\n`;
}

export type Entrance =
  | { readonly kind: 'go' }
  /** `pushedOut` is to be told so once this one waits: its end may let this one in. */
  | { readonly kind: 'waits'; readonly until: number; readonly pushedOut: Waiter | undefined }
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
