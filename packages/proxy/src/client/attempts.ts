import type { AttemptFailure } from '@islet/policy';
import type { ProxyError, ProxyErrorCode } from '../errors.ts';
import type { Field } from '../http/fields.ts';
import type { ResponseHead } from '../http/response-head.ts';
import { ejectionText, OUTLIER_RULES, stallText } from '../record/reasons.ts';
import type { EndpointState } from '../upstream/endpoint.ts';
import { ejectAgain, type Judging, judge, judgeStall } from '../upstream/outliers.ts';
import { NOBODY, type Tried, withFailed } from '../upstream/pick.ts';
import { openPool, refreshAvailable } from '../upstream/service.ts';
import type { Wire } from '../upstream/wire.ts';
import { Aim, type AimOptions } from './aim.ts';
import type { Way } from './edge-policies.ts';
import { isHeldAgainst } from './failures.ts';
import { statusIn } from './grpc-outcome.ts';
import { Hedging } from './hedging.ts';
import { Retries } from './retries.ts';
import { Sample } from './sample.ts';
import { wireTo } from './wire-to.ts';

/** One try at one endpoint. */
export interface Attempt {
  readonly endpoint: EndpointState;
  readonly wire: Wire;
  /** Its instance is ejected, and this shows whether it is well again. */
  readonly isProbe: boolean;
  readonly startedAt: number;
}

export interface AttemptsOptions extends AimOptions {
  readonly way: Way;
  /** Tells that something in flight to an endpoint has ended. */
  readonly settle: (endpoint: EndpointState) => void;
}

/** The tries of one request: which endpoint is next, what failed before, and whether another try is allowed. */
export class Attempts {
  readonly #options: AttemptsOptions;
  readonly #aim: Aim;
  /** The next attempt goes to another endpoint than these, if there is one. */
  #tried: Tried = NOBODY;
  readonly #sample: Sample;
  #retries: Retries | undefined;
  #current: Attempt | undefined;
  #isJudged = false;
  /** Undefined: no second instance is asked. */
  readonly #hedging: Hedging | undefined;

  constructor(options: AttemptsOptions) {
    this.#options = options;
    this.#aim = new Aim(options);
    this.#sample = new Sample(options.way, options.runtime.clock);
    if (options.policy.hedge !== undefined) this.#hedging = this.#hedge(options);
  }

  #hedge(options: AttemptsOptions): Hedging {
    return new Hedging(options, {
      elsewhere: (now) => this.#elsewhere(now),
      connect: (endpoint, now) => wireTo(endpoint, options, { now, fresh: false }),
      replace: (attempt) => this.#replace(attempt),
      blame: (attempt, status) => this.#blame(attempt, status),
    });
  }

  /** What may follow. */
  get retries(): Retries {
    this.#retries ??= new Retries(this.#options);
    return this.#retries;
  }

  get current(): Attempt | undefined {
    return this.#current;
  }

  /** Of the instance that is asked now. */
  get revision(): string {
    return this.#current?.endpoint.endpoint.revision ?? '';
  }

  get idempotent(): boolean {
    return this.#options.idempotent;
  }

  get failures(): number {
    return this.#tried.failed.length;
  }

  /** Whether an instance is left that this request has not been sent to. */
  get othersLeft(): boolean {
    const { available } = openPool(this.#options.service);
    return available.some((endpoint) => endpoint !== this.#current?.endpoint && !this.#tried.failed.includes(endpoint));
  }

  /** Undefined where no endpoint is left to ask. After a failure, no kept connection is trusted. */
  begin(): Attempt | undefined {
    const { idempotent, runtime } = this.#options;
    const now = runtime.now();
    const endpoint = this.#aim.next(this.#tried, now);
    if (endpoint === undefined) return undefined;
    const isProbe = endpoint.standing.isOut && endpoint.standing.tryProbe(now, { idempotent });
    this.#options.trail.tryBegins(endpoint, now, { probe: isProbe });
    const first = wireTo(endpoint, this.#options, { now, fresh: isProbe || this.failures > 0 });
    const wire = isProbe ? first : (this.#hedging?.around(first) ?? first);
    endpoint.counts.requests++;
    endpoint.counts.inFlight++;
    this.#current = { endpoint, wire, isProbe, startedAt: now };
    return this.#current;
  }

  #elsewhere(now: number): EndpointState | undefined {
    const asked = [...this.#tried.failed, ...(this.#current === undefined ? [] : [this.#current.endpoint])];
    const found = this.#aim.next({ ...this.#tried, failed: asked }, now);
    return found === undefined || found.standing.isOut || asked.includes(found) ? undefined : found;
  }

  #replace(attempt: Attempt): Attempt | undefined {
    const before = this.#current;
    if (before !== undefined) this.#tried = withFailed(this.#tried, before.endpoint);
    this.#sample.forget();
    this.#current = attempt;
    return before;
  }

  #blame(attempt: Attempt, status: number | undefined): void {
    const { outlier, now } = this.#judging;
    const { standing } = attempt.endpoint;
    if (outlier !== undefined) {
      if (status === undefined) standing.onFailure(now);
      else standing.onAnswer(status, { now, isProbe: false, isLate: false });
    }
    this.#judge(attempt);
  }

  /** The head as the client gets it. */
  dressed(head: ResponseHead): ResponseHead {
    return this.#current === undefined ? head : this.#aim.withSticky(head, this.#current.endpoint);
  }

  /** The current attempt has a connection, and the request goes out. */
  opened(now: number): void {
    this.#options.trail.tryOpened(now);
    this.#sample.sent(now);
  }

  /** Ends the current attempt, however it went. */
  end(): Attempt | undefined {
    const attempt = this.#current;
    if (attempt === undefined) return undefined;
    this.#current = undefined;
    this.#options.trail.tryEnds(this.#options.runtime.now());
    this.#sample.forget();
    attempt.endpoint.end(attempt);
    if (attempt.isProbe) attempt.endpoint.standing.endProbe(attempt.startedAt);
    this.#options.settle(attempt.endpoint);
    return attempt;
  }

  /** Ends the current attempt: its response has been read to the end, or is worth no reading. */
  finish({ reusable }: { readonly reusable: boolean }): void {
    const attempt = this.end();
    if (attempt === undefined) return;
    const now = this.#options.runtime.now();
    attempt.endpoint.counts.latency(now - attempt.startedAt);
    if (reusable) attempt.endpoint.release(attempt.wire, now);
    else attempt.wire.destroy();
  }

  /** Ends the current attempt, and its response is passed on to nobody. */
  discard({ reusable }: { readonly reusable: boolean }): void {
    if (this.#current !== undefined) this.#tried = withFailed(this.#tried, this.#current.endpoint);
    this.finish({ reusable });
  }

  /** The head of a response has come. `status` undefined: only its end will tell how it went. */
  answered({ http10 }: ResponseHead, status: number | undefined): void {
    const attempt = this.#current;
    if (attempt === undefined) return;
    const { endpoint, startedAt } = attempt;
    endpoint.http10 = http10;
    const now = this.#options.runtime.now();
    endpoint.firstBytes.record(now - startedAt);
    // An instance that refuses is quick, and says nothing of how long its work takes.
    if (status === undefined || status < 500) {
      this.#sample.answered(now);
      this.#observe(endpoint, now - startedAt);
    }
    this.#learn(attempt, status);
    this.#isJudged = status !== undefined;
  }

  /** A response has been read to its end. Returns how it went, where its head didn't tell. */
  ended(trailers: readonly Field[]): number | undefined {
    if (this.#isJudged || this.#current === undefined) return undefined;
    const status = statusIn(trailers);
    this.#learn(this.#current, status);
    return status;
  }

  /** Ends the current attempt in the middle of its response, which may not be the instance's doing. */
  break({ code }: ProxyError): void {
    const attempt = this.end();
    if (code === 'response-cut') attempt?.endpoint.counts.error(code);
    attempt?.wire.destroy();
  }

  /** How the response went; undefined: it has begun, and its end will tell. An instance that comes back by it is chosen again. */
  #learn(attempt: Attempt, status: number | undefined): void {
    const { endpoint, isProbe, startedAt } = attempt;
    const { runtime, policy, trail, service } = this.#options;
    const { standing } = endpoint;
    const now = runtime.now();
    const wasOut = standing.isOut;
    const isLate = now - startedAt >= endpoint.stallMs;
    if (status === undefined) standing.onFirstByte({ now, isProbe, isLate });
    else {
      endpoint.counts.status(status);
      trail.tryCameTo(status);
      if (status < 500 || isProbe || policy.outlier !== undefined) standing.onAnswer(status, { now, isProbe, isLate });
    }
    if (wasOut && !standing.isOut) {
      endpoint.cameAt = now;
      refreshAvailable(service);
    }
    if (status !== undefined && status >= 500 && (standing.isOut || !wasOut)) this.#judge(attempt);
  }

  /** How long it took to answer, or not to: for those who balance by that. */
  #observe({ ewma }: EndpointState, rttMs: number): void {
    const { policy, runtime } = this.#options;
    const { algorithm } = policy.balance;
    if (algorithm.kind === 'peak-ewma') ewma.observe(rttMs, runtime.now(), algorithm.decayMs);
  }

  /**
   * The first byte is overdue. Returns what that makes of the attempt, where another instance had better be asked: it was
   * only to find out, or its instance is out because it hangs. Undefined: it may only be slow, and is waited for.
   */
  stalled(): AttemptFailure | undefined {
    const attempt = this.#current;
    if (attempt === undefined) return undefined;
    const { service, trail } = this.#options;
    const { endpoint, isProbe, startedAt } = attempt;
    const judging = { ...this.#judging, sentAt: startedAt };
    if (isProbe) ejectAgain(endpoint, 'stall', judging);
    else if (!judgeStall(service, endpoint, judging)) return endpoint.standing.hangs ? { kind: 'slow' } : undefined;
    const why = stallText(judging.now - startedAt, { isProbe, outForMs: endpoint.standing.outForMs });
    trail.decided('traffic.outlier.stall', why, judging.now, endpoint);
    return isProbe ? { kind: 'probe' } : { kind: 'slow' };
  }

  /** Ends the current attempt without a response. */
  fail(error: ProxyErrorCode, failure: AttemptFailure): Attempt | undefined {
    const now = this.#options.runtime.now();
    if (error === 'response-timeout') this.#sample.gaveUp(now);
    const attempt = this.end();
    if (attempt === undefined) return undefined;
    const { endpoint, wire } = attempt;
    this.#options.trail.tryCameTo(failure.kind === 'refused' ? 'connection-refused' : error);
    wire.destroy();
    endpoint.counts.error(error);
    this.#tried = withFailed(this.#tried, endpoint, failure.kind);
    endpoint.heed(failure, now);
    if (isHeldAgainst(failure, error)) {
      if (this.#options.policy.outlier !== undefined || attempt.isProbe) endpoint.standing.onFailure(now);
      this.#observe(endpoint, now - attempt.startedAt);
      this.#judge(attempt);
    }
    return attempt;
  }

  /** Whether the instance is to be taken for dead, after it has reset a connection. */
  async isDead({ endpoint, isProbe }: Attempt): Promise<boolean> {
    const dead = await endpoint.isDead();
    if (dead) endpoint.refused(this.#options.runtime.now());
    return dead || isProbe;
  }

  get #judging(): Judging {
    const { policy, runtime } = this.#options;
    return { outlier: policy.outlier, now: runtime.now(), dice: runtime.dice };
  }

  #judge({ endpoint, isProbe }: Attempt): void {
    const { service, trail, policy } = this.#options;
    const judging = this.#judging;
    const ejection = isProbe ? ejectAgain(endpoint, '5xx', judging) : judge(service, endpoint, judging);
    if (ejection === undefined) return;
    const why = ejectionText(ejection, { isProbe, outForMs: endpoint.standing.outForMs }, policy);
    trail.decided(OUTLIER_RULES[ejection.cause], why, judging.now, endpoint);
  }
}
