import type { AttemptFailure } from '@islet/policy';
import type { ProxyError } from '../errors.ts';
import type { Field } from '../http/fields.ts';
import type { ResponseHead } from '../http/response-head.ts';
import type { Runtime } from '../runtime.ts';
import type { Gone, ResponseUser, Wire } from '../upstream/wire.ts';
import { type Attempt, Attempts } from './attempts.ts';
import type { CallUser } from './call-user.ts';
import type { ExchangeOrder } from './exchange-order.ts';
import { CUT, errorOf, failureOf, nobodyLeft, RESPONSE_TIMEOUT } from './failures.ts';
import { statusOf } from './grpc-outcome.ts';
import { mirror } from './mirror.ts';
import { NextTry } from './next-try.ts';
import { OpenStream } from './open-stream.ts';
import { type CallState, overdueOf } from './overdue.ts';
import { Patience } from './patience.ts';
import { RequestBody } from './request-body.ts';

/**
 * One request on its way through a service's instances: choose one → connect → send → response head. A failure before
 * the head goes back to the choice, where the retry policy allows it. From the head on, the response is the user's. Both
 * bodies stream with backpressure, independently: an instance may answer before it has read the whole request.
 */
export class Call implements ResponseUser {
  #order: ExchangeOrder;
  readonly #client: CallUser['client'];
  readonly #runtime: Runtime;
  readonly #user: CallUser;
  readonly #attempts: Attempts;
  readonly #body: RequestBody;
  /** How long it may be kept waiting, also before it begins. */
  readonly patience: Patience;
  #nextTry: NextTry | undefined;
  #state: CallState = 'choosing';
  /** An error that another instance will better, on its way to nowhere. */
  #discard: { readonly delayMs: number; whole: boolean } | undefined;
  #wake: NodeJS.Timeout | undefined;
  #stream: OpenStream | undefined;

  constructor(user: CallUser) {
    const { order, runtime, client } = user;
    this.#order = order;
    this.#client = client;
    this.#runtime = runtime;
    this.#user = user;
    this.#attempts = new Attempts(order);
    this.#body = new RequestBody(order.request.fields.framing, client);
    this.patience = new Patience(order, client);
    if (this.#body.ended) this.patience.onWhole(order.trail.start.startedAt);
  }

  /** Nobody asks for it as long as all goes well. */
  get #next(): NextTry {
    const [attempts, body, order, runtime] = [this.#attempts, this.#body, this.#order, this.#runtime];
    this.#nextTry ??= new NextTry({ attempts, patience: this.patience, body, order, runtime });
    return this.#nextTry;
  }

  /** The request has been sent as a whole. */
  get isSent(): boolean {
    return this.#body.ended;
  }

  /** The instances get this one instead: the same, with the question whether a stored response still holds. */
  ask(order: ExchangeOrder): void {
    this.#order = order;
  }

  /** Chooses an instance and sends the request to it; after a failure, another one. */
  start(): void {
    const overdue = this.patience.overdue(this.#runtime.now());
    const attempt = overdue === undefined ? this.#attempts.begin() : undefined;
    attempt?.wire.use(this);
    if (attempt === undefined) this.#giveUp(overdue ?? nobodyLeft(this.#attempts, this.#order.service));
    else if (attempt.wire.open) this.onOpen();
    else {
      this.#state = 'connecting';
      this.#client.deadlineAt = this.patience.connectBy(attempt.startedAt);
    }
    if (attempt !== undefined && this.#attempts.failures === 0) mirror(this.#order, attempt.endpoint, this.#runtime);
  }

  /** It begins in a turn of the loop of its own: no chain of ends and starts grows on the stack. */
  startSoon(): void {
    this.#wake = setTimeout(() => this.start(), 0);
  }

  onRequestBody(bytes: Buffer): void {
    if (this.#body.take(bytes, this.#openWire)) this.patience.onBody(bytes.length, this.#runtime.now());
    else this.patience.onBodyHeld();
    this.#wait();
  }

  onRequestEnd(trailers: readonly Field[]): void {
    this.patience.onWhole(this.#runtime.now());
    this.#body.end(trailers, this.#openWire);
    this.#wait();
  }

  onOpen(): void {
    const attempt = this.#attempts.current;
    if (attempt === undefined) return;
    const now = this.#runtime.now();
    this.#attempts.opened(now);
    this.#state = 'sent';
    this.patience.onSent(now, attempt.endpoint);
    const flows = this.#body.begin(attempt.wire, this.#order, this.patience, now);
    if (flows && !this.#body.ended) this.patience.onBodyFlows(now);
    this.#wait();
  }

  onInformational(head: ResponseHead): void {
    const attempt = this.#attempts.current;
    if (head.status !== 101 || attempt === undefined) this.#user.onInformational(head);
    else {
      this.#user.onSwitch(this.#attempts.dressed(head), attempt);
      attempt.endpoint.counts.status(head.status);
      this.#order.trail.tryCameTo(head.status);
      this.#end();
    }
  }

  onHead(head: ResponseHead): void {
    const status = statusOf(head, this.#order.request);
    this.#attempts.answered(head, status);
    const delayMs = status === undefined || status < 500 ? undefined : this.#next.delayInsteadOf(head, status);
    if (delayMs !== undefined) this.#discard = { delayMs, whole: false };
    else {
      this.#state = 'responding';
      this.#body.letGo();
      this.patience.onHead(head, this.#runtime.now());
      if (head.streams) this.#stream = OpenStream.of(head, this.#attempts.current, () => this.#endStream());
      this.#user.onHead(this.#attempts.dressed(head), { status, revision: this.#attempts.revision });
    }
  }

  onBody(bytes: Buffer): void {
    if (this.#discard !== undefined) return;
    this.#user.onBody(bytes);
    this.#stream?.onBody(bytes);
  }

  onBodyEnd(trailers: readonly Field[]): void {
    if (this.#discard !== undefined) this.#discard.whole = true;
    else {
      this.#user.onBodyEnd(trailers, this.#attempts.ended(trailers));
      this.#state = 'responded';
    }
  }

  onFlush(): boolean {
    if (this.#discard !== undefined) return this.#endDiscard(this.#discard);
    if (this.#state === 'responded') {
      this.#end();
      this.#attempts.finish({ reusable: this.#body.ended });
    } else if (this.#stream?.mayEnd) return this.#endStream();
    const isOut = this.#user.onFlush();
    if (!isOut) {
      this.#attempts.current?.wire.pause();
      this.patience.onHeld(this.#runtime.now());
    }
    this.#wait();
    return isOut;
  }

  onDrain(): void {
    this.patience.onBodyFlows(this.#runtime.now());
    this.#client.resumeBody();
  }

  onSilent(): void {
    if (this.#state === 'sent' && this.#body.ended) this.#judge(this.#next.whileSilent());
  }

  /** The client takes more of the response. */
  onClientDrain(): void {
    this.patience.onTaken();
    this.#attempts.current?.wire.resume();
    this.#wait();
  }

  /**
   * The client sends no more. Its kernel says the same whether it waits for the answer or has closed altogether, and
   * only a write would tell; so it gets a moment, not the usual patience, and an abandoned request ends soon.
   */
  onClientEnd(): void {
    this.patience.onClientEnd();
    this.#wait();
  }

  onDeadline(): void {
    const now = this.#runtime.now();
    const overdue = overdueOf(this.#state, { patience: this.patience, isSent: this.#body.ended, now });
    if (overdue.kind === 'abandon') this.#user.onAbandoned();
    else if (overdue.kind === 'fail') this.#fail(overdue.failure, overdue.error);
    else if (overdue.kind === 'judge') this.#judge(this.#next.whileOverdue());
    else if (overdue.kind === 'wait') this.#wait();
    else if (overdue.kind === 'break') this.#break(overdue.error);
  }

  onGone(why: Gone, error: ProxyError | undefined): void {
    if (error?.code === 'internal') this.#runtime.stats.unexpected++;
    if (this.#state === 'responding') this.#break();
    else if (this.#state === 'responded') this.onFlush();
    else if (this.#state === 'connecting' || this.#state === 'sent')
      this.#fail(failureOf(why, this.#attempts.current?.wire), error ?? errorOf(why));
  }

  /** Ends it where it is: nobody waits for the response any more. */
  abandon(): void {
    this.#end();
    this.#attempts.end()?.wire.destroy();
  }

  /** The tunnel that it became has ended. */
  endTunnel(): void {
    this.#attempts.end();
  }

  /** No response yet: it is waited for, or asked for elsewhere. */
  #judge(failure: AttemptFailure | undefined): void {
    if (failure === undefined) this.#wait();
    else {
      this.#attempts.fail(RESPONSE_TIMEOUT.code, failure);
      this.start();
    }
  }

  #fail(failure: AttemptFailure, error: ProxyError): void {
    const attempt = this.#attempts.fail(error.code, failure);
    if (attempt === undefined) return;
    this.#state = 'choosing';
    this.#client.deadlineAt = Number.POSITIVE_INFINITY;
    if (failure.kind === 'reset' && this.#attempts.idempotent) void this.#failReset(attempt, error);
    else if (attempt.isProbe && this.#attempts.idempotent && failure.kind !== 'final')
      this.#retryOrGiveUp({ kind: 'probe' }, error);
    else this.#retryOrGiveUp(failure, error);
  }

  async #failReset(attempt: Attempt, error: ProxyError): Promise<void> {
    const dead = await this.#attempts.isDead(attempt);
    if (this.#state === 'choosing') this.#retryOrGiveUp({ kind: 'reset', dead }, error);
  }

  #retryOrGiveUp(failure: AttemptFailure, error: ProxyError): void {
    const delayMs = this.#next.delayAfter(failure);
    if (delayMs === undefined) this.#giveUp(error);
    else this.#startIn(delayMs);
  }

  #startIn(delayMs: number): void {
    this.#state = 'choosing';
    if (delayMs === 0) this.start();
    else this.#wake = setTimeout(() => this.start(), delayMs);
  }

  /** All of it that one read brought is there: its connection can be kept where that is the whole response. */
  #endDiscard({ delayMs, whole }: { readonly delayMs: number; readonly whole: boolean }): true {
    this.#discard = undefined;
    this.#attempts.discard({ reusable: whole && this.#body.ended });
    this.#client.deadlineAt = Number.POSITIVE_INFINITY;
    this.#startIn(delayMs);
    return true;
  }

  /** As if its instance had ended it here: see `OpenStream`. */
  #endStream(): boolean {
    this.#user.onBodyEnd([], this.#attempts.ended([]));
    this.#end();
    this.#attempts.finish({ reusable: false });
    return this.#user.onFlush();
  }

  #giveUp(error: ProxyError): void {
    this.#end();
    this.#user.onNoAnswer(error);
  }

  #break(error: ProxyError = CUT): void {
    this.#end();
    this.#attempts.break(error);
    this.#user.onBroken(error);
  }

  #end(): void {
    this.#state = 'over';
    clearTimeout(this.#wake);
  }

  /** Sets the deadline that the present state has. */
  #wait(): void {
    if (this.#state !== 'sent' && this.#state !== 'responding') return;
    const awaited = this.#state === 'responding' ? 'response' : this.#body.ended ? 'head' : 'request';
    this.#client.deadlineAt = this.patience.decideBy(this.#runtime.now(), awaited);
  }

  get #openWire(): Wire | undefined {
    return this.#state === 'connecting' ? undefined : this.#attempts.current?.wire;
  }
}
