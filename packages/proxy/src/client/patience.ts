import type { TimeoutSpec } from '@islet/spec';
import type { ProxyError } from '../errors.ts';
import type { ResponseHead } from '../http/response-head.ts';
import { LIMITS } from '../limits.ts';
import type { TimeLeft } from '../upstream/request-text.ts';
import type { ExchangeClient } from './exchange-client.ts';
import type { ExchangeOrder } from './exchange-order.ts';
import { DEADLINE, RESPONSE_TIMEOUT } from './failures.ts';
import { Uptake } from './uptake.ts';

type PatienceOptions = Pick<ExchangeOrder, 'origin' | 'request' | 'policy' | 'trail' | 'callerHasMs'>;

/**
 * How long one request waits: for the head of its response by its caller's deadline and its timeouts, then for bytes. There is one
 * for each request, so that what few have is undefined in the others: a number that is no integer has a place of its own.
 */
export class Patience {
  readonly #timeout: TimeoutSpec;
  readonly #callersDeadline: number | undefined;
  readonly #callBy: number | undefined;
  #answerBy: number;
  #tryBy = Number.POSITIVE_INFINITY;
  #stallBy = Number.POSITIVE_INFINITY;
  #wholeAt = FOREVER;
  #sentAt = FOREVER;
  #headAt = FOREVER;
  #clientEnded = false;
  /** Nobody vouches for who sends its body and takes its response. */
  #paced: boolean;
  /** By when more of the body must have come. */
  #bodyBy: number | undefined;
  readonly #client: Pick<ExchangeClient, 'socket' | 'stream'>;
  /** The response waits for its client, which must have taken some of it by then. */
  #held: { readonly uptake: Uptake; takenBy: number } | undefined;

  constructor(order: PatienceOptions, client: Pick<ExchangeClient, 'socket' | 'stream'>) {
    const { origin, request, policy, trail, callerHasMs } = order;
    const { grpc, grpcTimeoutMs: callHasMs } = request.fields;
    const { startedAt } = trail.start;
    this.#paced = origin.from.kind === 'gateway' && !grpc;
    this.#timeout = policy.timeout;
    this.#client = client;
    if (callHasMs !== undefined) this.#callBy = startedAt + callHasMs;
    if (callHasMs !== undefined || callerHasMs !== undefined)
      this.#callersDeadline = startedAt + Math.min(callerHasMs ?? FOREVER, callHasMs ?? FOREVER);
    this.#answerBy = this.callersDeadline;
  }

  /** The request has come whole: its timeout begins. */
  onWhole(now: number): void {
    this.#wholeAt = now;
    this.#answerBy = Math.min(this.callersDeadline, now + this.#timeout.requestMs);
    this.onTry(now);
  }

  /** Its body is read from now on. */
  onBodyFlows(now: number): void {
    if (this.#paced) this.#bodyBy = now + LIMITS.bodyGraceMs;
  }

  /** So much of it has come. Each byte buys time; what comes in a burst buys no more than the grace. */
  onBody(bytes: number, now: number): void {
    if (this.#bodyBy === undefined) return;
    const boughtMs = (bytes * 1_000) / LIMITS.bodyBytesPerSecond;
    this.#bodyBy = Math.min(this.#bodyBy + boughtMs, now + LIMITS.bodyGraceMs);
  }

  /** The instance takes no more for now: the client can't help it. */
  onBodyHeld(): void {
    this.#bodyBy = undefined;
  }

  isBodySlow(now: number): boolean {
    return now >= (this.#bodyBy ?? FOREVER);
  }

  /** Who streams takes as long as it likes, and so may its client. */
  onHead({ streams }: ResponseHead, now: number): void {
    this.#headAt = now;
    if (streams) this.#paced = false;
  }

  /** The client takes no more of the response for now: the instance can't help it. */
  onHeld(now: number): void {
    if (this.#held === undefined) this.#hold(now);
  }

  /** It has taken all that waited for it. */
  onTaken(): void {
    this.#held = undefined;
  }

  get isHeld(): boolean {
    return this.#held !== undefined;
  }

  /** Its time is over. Has it taken something, then it is waited for as long again. */
  stillTakes(now: number): boolean {
    const takes = this.#held === undefined || this.#held.uptake.moves();
    if (takes) this.#hold(now);
    return takes;
  }

  #hold(now: number): void {
    this.#held ??= { uptake: new Uptake(this.#client.socket ?? this.#client.stream), takenBy: FOREVER };
    this.#held.uptake.begin();
    if (this.#paced) this.#held.takenBy = now + LIMITS.clientStillMs;
  }

  /** It has waited for the first instance: its timeouts begin. */
  onOpened(now: number): void {
    if (Number.isFinite(this.#tryBy)) this.onWhole(now);
  }

  /** When its caller gives it up, whatever it waits for. */
  get callersDeadline(): number {
    return this.#callersDeadline ?? FOREVER;
  }

  /** It is sent to an instance. */
  onTry(now: number): void {
    this.#tryBy = now + this.#timeout.perTryMs;
  }

  /** When the first byte of this try is overdue. */
  onSent(now: number, { stallMs }: { readonly stallMs: number }): void {
    this.onTry(now);
    this.#sentAt = Math.min(this.#sentAt, now);
    this.#stallBy = now + stallMs;
  }

  /** From when an instance had the whole request to the head of its response, over all tries; 0 where none has got it whole. */
  tookMs(now: number): number {
    return Math.max(0, Math.min(now, this.#headAt) - Math.max(this.#wholeAt, this.#sentAt));
  }

  /** It is overdue, and nobody else is asked. Where there was no telling why: look again soon. */
  onStall(now: number, { isJudged }: { readonly isJudged: boolean }): void {
    this.#stallBy = isJudged ? Number.POSITIVE_INFINITY : now + LIMITS.sweepMs;
  }

  hasStalled(now: number): boolean {
    return now >= this.#stallBy;
  }

  isTryOver(now: number): boolean {
    return now >= this.#tryBy;
  }

  /** Nobody else can be asked: the try gets all the time that is left. */
  onLastTry(): void {
    this.#tryBy = Number.POSITIVE_INFINITY;
  }

  connectBy(now: number): number {
    return Math.min(now + this.#timeout.connectMs, this.#answerBy);
  }

  /** The client has ended its side. */
  onClientEnd(): void {
    this.#clientEnded = true;
  }

  /** Nothing tells any more that it is there: while something is on its way to it, that would. */
  get seemsLeft(): boolean {
    return this.#clientEnded && this.#held === undefined;
  }

  /** The next moment at which something must be decided if nothing comes. */
  decideBy(now: number, awaited: 'request' | 'head' | 'response'): number {
    if (this.seemsLeft) return now + LIMITS.halfClosedMs;
    if (awaited === 'head') return Math.min(this.#stallBy, this.#tryBy, this.#answerBy);
    const idleBy = now + this.#timeout.idleMs;
    if (awaited === 'request') return Math.min(idleBy, this.#answerBy, this.#bodyBy ?? FOREVER);
    return Math.min(idleBy, this.#held?.takenBy ?? FOREVER, this.#callBy ?? FOREVER);
  }

  timeLeft(now: number): TimeLeft {
    const callMs = this.#callBy === undefined ? undefined : this.#callBy - now;
    return { headMs: Math.min(this.#answerBy - now, this.#timeout.requestMs), callMs };
  }

  /** What to answer where no end of the response is of use any more; undefined: it is. */
  callOverdue(now: number): ProxyError | undefined {
    return now >= (this.#callBy ?? FOREVER) ? DEADLINE : undefined;
  }

  isOver(now: number): boolean {
    return now >= this.#answerBy;
  }

  /** What to answer since it is over; undefined: it is not. */
  overdue(now: number): ProxyError | undefined {
    if (now < this.#answerBy) return undefined;
    return this.#answerBy === this.callersDeadline ? DEADLINE : RESPONSE_TIMEOUT;
  }
}

const FOREVER = Number.POSITIVE_INFINITY;
