import { type AttemptFailure, isIdempotent, retryAfterMs } from '@islet/policy';
import { ProxyError } from '../errors.ts';
import type { Field } from '../http/fields.ts';
import type { ResponseHead } from '../http/response-head.ts';
import { LIMITS } from '../limits.ts';
import type { Runtime } from '../runtime.ts';
import type { Waiter } from '../stats.ts';
import type { Gone, ResponseUser } from '../upstream/connection.ts';
import { Admission } from './admission.ts';
import { type Attempt, Attempts } from './attempts.ts';
import type { ExchangeClient } from './exchange-client.ts';
import type { ExchangeOrder } from './exchange-order.ts';
import { CONNECT_TIMEOUT, failureOf, REFUSED, REQUEST_TIMEOUT, RESET, RESPONSE_TIMEOUT, WAITED } from './failures.ts';
import { Patience } from './patience.ts';
import { Reply } from './reply.ts';
import { RequestBody } from './request-body.ts';
import { deadlineText } from './request-text.ts';
import { Tunnel } from './tunnel.ts';

/**
 * The path of one request: choose an instance → connect → send → response head → response body → done. A failure
 * before the response head goes back to the choice, where the retry policy allows it; one after it breaks the client's
 * connection, because that is the only way left to say that the response is not whole.
 *
 * Both bodies stream with backpressure, at the same time and independently: an instance may answer before it has read
 * the whole request. In that case the client's connection ends after the response.
 */
export class Exchange implements ResponseUser, Waiter {
  readonly #order: ExchangeOrder;
  readonly #client: ExchangeClient;
  readonly #runtime: Runtime;
  readonly #startedAt: number;
  readonly #admission: Admission;
  readonly #attempts: Attempts;
  readonly #body: RequestBody;
  readonly #reply: Reply;
  readonly #patience: Patience;

  #state: 'waiting' | 'choosing' | 'connecting' | 'sent' | 'responding' | 'responded' | 'tunnel' | 'over' = 'choosing';
  /** An error that another instance will better, on its way to nowhere. */
  #discard: { readonly delayMs: number; whole: boolean } | undefined;
  /** The wait before the next try. */
  #wake: NodeJS.Timeout | undefined;
  #clientEnded = false;

  constructor(order: ExchangeOrder, client: ExchangeClient, runtime: Runtime) {
    const { edge, request, policy, callerHasMs } = order;
    const { method, fields } = request;
    this.#order = order;
    this.#client = client;
    this.#runtime = runtime;
    this.#startedAt = runtime.now();
    this.#admission = new Admission({ edge, breaker: policy.breaker, limits: policy.limits, runtime });
    const idempotent = isIdempotent(method, { hasKey: fields.hasIdempotencyKey });
    this.#attempts = new Attempts({ ...order, runtime, idempotent });
    this.#body = new RequestBody(fields.framing);
    this.#reply = new Reply(request, client.socket);
    this.#patience = new Patience({ timeout: policy.timeout, startedAt: this.#startedAt, callerHasMs });
    if (this.#body.ended) this.#patience.onWhole(this.#startedAt);
    edge.counts.requests++;
    edge.counts.inFlight++;
    edge.budget.request(this.#startedAt);
    runtime.stats.inFlight++;
  }

  /** Lets the request through to its service, at once or when its turn comes, or refuses it. */
  begin(): void {
    const entrance = this.#admission.enter(this);
    if (entrance.kind === 'go') this.#start();
    else if (entrance.kind === 'refused') this.#answer(entrance.error);
    else {
      this.#state = 'waiting';
      const byPatience = this.#patience.idleBy(this.#runtime.now(), { answering: false });
      this.#client.deadlineAt = Math.min(entrance.until, byPatience);
    }
  }

  /** Its turn has come. It goes on in a turn of the loop of its own: no chain of ends and starts grows on the stack. */
  onPlace(): void {
    this.#admission.placed();
    this.#client.deadlineAt = Number.POSITIVE_INFINITY;
    this.#state = 'choosing';
    this.#wake = setTimeout(() => this.#start(), 0);
  }

  /** Chooses an instance and sends the request to it; after a failure, another one. */
  #start(): void {
    if (this.#patience.isOver(this.#runtime.now())) {
      this.#answer(this.#patience.error);
      return;
    }
    const attempt = this.#attempts.begin();
    if (attempt === undefined) {
      this.#answerUnavailable();
      return;
    }
    attempt.connection.use(this);
    if (attempt.connection.open) this.onOpen();
    else {
      this.#state = 'connecting';
      this.#client.deadlineAt = this.#patience.connectBy(attempt.startedAt);
    }
  }

  onRequestBody(bytes: Buffer): void {
    const connection = this.#attempts.current?.connection;
    if (connection === undefined || this.#state === 'connecting') {
      this.#body.keep(bytes);
      if (this.#body.full) this.#client.pauseBody();
    } else if (!this.#body.forward(connection, bytes)) this.#client.pauseBody();
    this.#wait();
  }

  onRequestEnd(trailers: readonly Field[]): void {
    this.#body.end(trailers);
    this.#patience.onWhole(this.#runtime.now());
    const connection = this.#attempts.current?.connection;
    if (connection !== undefined && this.#state !== 'connecting') this.#body.forwardEnd(connection);
    this.#wait();
  }

  onOpen(): void {
    const attempt = this.#attempts.current;
    if (attempt === undefined) return;
    const { connection, endpoint } = attempt;
    const now = this.#runtime.now();
    this.#state = 'sent';
    this.#patience.onSent(now, endpoint);
    connection.expect(this.#order.request.method);
    const text = this.#order.text + deadlineText(this.#patience.remainingMs(now));
    if (this.#body.begin(connection, text)) this.#client.resumeBody();
    else this.#client.pauseBody();
    this.#wait();
  }

  onInformational(head: ResponseHead): void {
    if (head.status === 101) this.#switch(head);
    else this.#reply.addInformational(head);
  }

  onHead(head: ResponseHead): void {
    const { request, edge } = this.#order;
    this.#attempts.current?.connection.noteHead(head);
    this.#attempts.answered(head.status);
    if (head.status >= 500 && this.#discards(head)) return;
    this.#admission.answered(head.status);
    this.#state = 'responding';
    this.#body.letGo();
    edge.counts.status(head.status);
    const close = request.fields.close || !this.#body.ended || this.#client.leaving;
    this.#reply.addHead(head, { close });
  }

  onBody(bytes: Buffer): void {
    if (this.#discard === undefined) this.#reply.addBody(bytes);
  }

  onBodyEnd(trailers: readonly Field[]): void {
    if (this.#discard !== undefined) {
      this.#discard.whole = true;
      return;
    }
    this.#reply.addEnd(trailers);
    this.#state = 'responded';
  }

  onFlush(): void {
    if (this.#discard !== undefined) {
      this.#endDiscard(this.#discard);
      return;
    }
    const more = this.#reply.flush();
    if (this.#state === 'responded') this.#finish();
    else if (!more) this.#attempts.current?.connection.socket.pause();
    this.#wait();
  }

  onDrain(): void {
    this.#client.resumeBody();
  }

  onClientDrain(): void {
    this.#attempts.current?.connection.socket.resume();
  }

  /**
   * The client sends no more. Its kernel says the same whether it waits for the answer or has closed altogether, and
   * only a write would tell; so it gets a moment, not the usual patience, and an abandoned request ends soon.
   */
  onClientEnd(): void {
    this.#clientEnded = true;
    this.#wait();
  }

  onClientGone(): void {
    if (this.#state === 'over') return;
    this.#order.edge.counts.error('client-gone');
    this.#attempts.end()?.connection.destroy();
    this.#end();
  }

  onDeadline(): void {
    if (this.#clientEnded && this.#state !== 'connecting') {
      this.onClientGone();
      this.#client.cut({ byReset: false });
      return;
    }
    const isOver = this.#patience.isOver(this.#runtime.now());
    switch (this.#state) {
      case 'waiting':
        this.#answer(isOver ? this.#patience.error : WAITED);
        break;
      case 'connecting':
        if (isOver) this.#fail({ kind: 'final' }, this.#patience.error);
        else this.#fail({ kind: 'connect-timeout' }, CONNECT_TIMEOUT);
        break;
      case 'sent':
        if (isOver) this.#fail({ kind: 'final' }, this.#patience.error);
        else if (this.#body.ended) this.#onOverdue();
        else this.#fail({ kind: 'final' }, REQUEST_TIMEOUT);
        break;
      case 'responding':
        this.#cut();
        break;
      case 'choosing':
      case 'responded':
      case 'tunnel':
      case 'over':
        break;
    }
  }

  onGone(why: Gone, error: ProxyError | undefined): void {
    if (error?.code === 'internal') this.#runtime.stats.unexpected++;
    switch (this.#state) {
      case 'connecting':
      case 'sent':
        this.#fail(failureOf(why, this.#attempts.current?.connection), error ?? (why === 'refused' ? REFUSED : RESET));
        break;
      case 'responding':
        this.#cut();
        break;
      case 'responded':
        this.#reply.flush();
        this.#finish();
        break;
      case 'waiting':
      case 'choosing':
      case 'tunnel':
      case 'over':
        break;
    }
  }

  /** No response yet, and something is to be decided: is the instance hanging, and shall another be asked? */
  #onOverdue(): void {
    const now = this.#runtime.now();
    if (this.#patience.hasStalled(now)) {
      this.#patience.onStall(now);
      if (this.#attempts.stalled() && this.#askAnother({ kind: 'probe' })) return;
    }
    if (this.#patience.isTryOver(now) && this.#attempts.othersLeft && this.#askAnother({ kind: 'slow' })) {
      this.#order.edge.decided('traffic.timeout.perTry');
      return;
    }
    // Where nobody else may be asked, this try gets all the time that is left.
    if (this.#patience.isTryOver(now)) this.#patience.onLastTry();
    this.#wait();
  }

  #askAnother(failure: AttemptFailure): boolean {
    if (this.#retryDelayMs(failure) === undefined) return false;
    this.#attempts.fail(RESPONSE_TIMEOUT.code, failure);
    this.#start();
    return true;
  }

  #fail(failure: AttemptFailure, error: ProxyError): void {
    const attempt = this.#attempts.fail(error.code, failure);
    if (attempt === undefined) return;
    this.#state = 'choosing';
    this.#client.deadlineAt = Number.POSITIVE_INFINITY;
    if (failure.kind === 'reset' && this.#attempts.idempotent) void this.#failReset(attempt, error);
    else if (attempt.isProbe && failure.kind !== 'final') this.#retryOrAnswer({ kind: 'probe' }, error);
    else this.#retryOrAnswer(failure, error);
  }

  async #failReset({ endpoint, isProbe }: Attempt, error: ProxyError): Promise<void> {
    const dead = await endpoint.isDead();
    if (dead) endpoint.refused(this.#runtime.now());
    if (this.#state === 'choosing') this.#retryOrAnswer({ kind: 'reset', dead: dead || isProbe }, error);
  }

  #retryOrAnswer(failure: AttemptFailure, error: ProxyError): void {
    const delayMs = this.#retryDelayMs(failure);
    if (delayMs === undefined) this.#answer(error);
    else this.#startIn(delayMs);
  }

  /** Undefined where the request may not be sent again, or has no time left for it. */
  #retryDelayMs(failure: AttemptFailure): number | undefined {
    if (this.#patience.isOver(this.#runtime.now())) return undefined;
    return this.#attempts.retryDelayMs(failure, { replayable: this.#body.replayable });
  }

  #startIn(delayMs: number): void {
    this.#state = 'choosing';
    if (delayMs === 0) this.#start();
    else this.#wake = setTimeout(() => this.#start(), delayMs);
  }

  /** Whether another instance is asked instead: an instance that says 503 is left alone for as long as it wants. */
  #discards({ status, retryAfter }: ResponseHead): boolean {
    const attempt = this.#attempts.current;
    if (attempt === undefined || (status !== 503 && !attempt.isProbe)) return false;
    if (status === 503) attempt.endpoint.avoid(this.#runtime.now() + (retryAfterMs(retryAfter, Date.now()) ?? 0));
    if (!this.#attempts.othersLeft) return false;
    const delayMs = this.#retryDelayMs({ kind: attempt.isProbe ? 'probe' : 'unavailable' });
    if (delayMs !== undefined) this.#discard = { delayMs, whole: false };
    return delayMs !== undefined;
  }

  /** All of it that one read brought is there: its connection can be kept where that is the whole response. */
  #endDiscard({ delayMs, whole }: { readonly delayMs: number; readonly whole: boolean }): void {
    this.#discard = undefined;
    const endpoint = this.#attempts.current?.endpoint;
    if (endpoint !== undefined) this.#attempts.avoid(endpoint);
    this.#attempts.finish({ reusable: whole && this.#body.ended });
    this.#client.deadlineAt = Number.POSITIVE_INFINITY;
    this.#startIn(delayMs);
  }

  #answerUnavailable(): void {
    const { name, unavailable } = this.#order.service;
    if (this.#attempts.failures > 0) this.#answer(REFUSED);
    else this.#answer(new ProxyError('no-ready-instance', unavailable ?? `no instance of ${name} is ready`));
  }

  #answer({ code, message, rule, retryAfterMs }: ProxyError): void {
    const { service, requestId, edge } = this.#order;
    edge.counts.error(code);
    if (rule !== undefined) edge.decided(rule);
    this.#admission.failed(code);
    this.#end();
    this.#client.answer({ code, message, rule, retryAfterMs, service: service.name, requestId });
  }

  #switch(head: ResponseHead): void {
    const attempt = this.#attempts.current;
    const { upgrade } = this.#order.request.fields;
    if (attempt === undefined || upgrade === undefined || head.upgrade === undefined) {
      throw new ProxyError('bad-response', 'the instance switched protocols without being asked to');
    }
    this.#state = 'tunnel';
    this.#admission.answered(head.status);
    this.#admission.switched();
    this.#order.edge.counts.status(head.status);
    attempt.endpoint.counts.status(head.status);
    this.#reply.addSwitch(head);
    const { now } = this.#runtime;
    const { idleMs } = this.#order.policy.timeout;
    const onEnd = () => {
      this.#attempts.end();
      this.#end();
    };
    this.#client.become(
      new Tunnel({ client: this.#client.socket, connection: attempt.connection, now, idleMs, onEnd }),
    );
  }

  #finish(): void {
    this.#attempts.finish({ reusable: this.#body.ended });
    this.#order.edge.counts.latency(this.#runtime.now() - this.#startedAt);
    this.#end();
    this.#client.done({ keep: !this.#reply.close });
  }

  #cut(): void {
    this.#reply.flush();
    this.#order.edge.counts.error('response-cut');
    const attempt = this.#attempts.end();
    attempt?.endpoint.counts.error('response-cut');
    attempt?.connection.destroy();
    this.#end();
    // A body that ends with the connection would look whole after an orderly close.
    this.#client.cut({ byReset: this.#order.request.http10 });
  }

  #end(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    clearTimeout(this.#wake);
    this.#admission.leave(this);
    this.#order.edge.counts.inFlight--;
    this.#runtime.stats.inFlight--;
  }

  /** Sets the deadline that the present state has. */
  #wait(): void {
    if (this.#state !== 'sent' && this.#state !== 'responding') return;
    const now = this.#runtime.now();
    if (this.#clientEnded) this.#client.deadlineAt = now + LIMITS.halfClosedMs;
    else if (this.#state === 'sent' && this.#body.ended) this.#client.deadlineAt = this.#patience.decideBy;
    else this.#client.deadlineAt = this.#patience.idleBy(now, { answering: this.#state === 'responding' });
  }
}
