import { type AttemptFailure, isIdempotent } from '@islet/policy';
import { ProxyError } from '../errors.ts';
import type { Field } from '../http/fields.ts';
import type { ResponseHead } from '../http/response-head.ts';
import { LIMITS } from '../limits.ts';
import type { Runtime } from '../runtime.ts';
import type { Gone, ResponseUser } from '../upstream/connection.ts';
import type { EndpointState } from '../upstream/endpoint.ts';
import { Attempts } from './attempts.ts';
import type { ExchangeClient } from './exchange-client.ts';
import type { ExchangeOrder } from './exchange-order.ts';
import { CONNECT_TIMEOUT, failureOf, REFUSED, REQUEST_TIMEOUT, RESET, RESPONSE_TIMEOUT } from './failures.ts';
import { Output } from './output.ts';
import { RequestBody } from './request-body.ts';
import { informationalText, lastChunk, responseText } from './response-text.ts';
import { Tunnel } from './tunnel.ts';

/**
 * The path of one request: choose an instance → connect → send → response head → response body → done. A failure
 * before the response head goes back to the choice, where the retry policy allows it; one after it breaks the client's
 * connection, because that is the only way left to say that the response is not whole.
 *
 * Both bodies stream with backpressure, at the same time and independently: an instance may answer before it has read
 * the whole request. In that case the client's connection ends after the response.
 */
export class Exchange implements ResponseUser {
  readonly #order: ExchangeOrder;
  readonly #client: ExchangeClient;
  readonly #runtime: Runtime;
  readonly #startedAt: number;
  readonly #attempts: Attempts;
  readonly #body: RequestBody;
  readonly #output: Output;

  #state: 'choosing' | 'connecting' | 'sent' | 'responding' | 'responded' | 'tunnel' | 'over' = 'choosing';
  #clientEnded = false;
  #continued = false;
  #chunked = false;
  #close = false;

  constructor(order: ExchangeOrder, client: ExchangeClient, runtime: Runtime) {
    const { edge, request } = order;
    const { method, fields } = request;
    this.#order = order;
    this.#client = client;
    this.#runtime = runtime;
    this.#startedAt = runtime.now();
    const idempotent = isIdempotent(method, { hasKey: fields.hasIdempotencyKey });
    this.#attempts = new Attempts({ ...order, runtime, idempotent });
    this.#body = new RequestBody(fields.framing);
    this.#output = new Output(client.socket);
    edge.counts.requests++;
    edge.counts.inFlight++;
    edge.budget.request(this.#startedAt);
    runtime.stats.inFlight++;
  }

  /** Chooses an instance and sends the request to it; after a failure, another one. */
  start(): void {
    const attempt = this.#attempts.begin();
    if (attempt === undefined) {
      this.#answerUnavailable();
      return;
    }
    attempt.connection.use(this);
    if (attempt.connection.open) this.onOpen();
    else {
      this.#state = 'connecting';
      this.#client.deadlineAt = attempt.startedAt + LIMITS.connectTimeoutMs;
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
    const connection = this.#attempts.current?.connection;
    if (connection !== undefined && this.#state !== 'connecting') this.#body.forwardEnd(connection);
    this.#wait();
  }

  onOpen(): void {
    const connection = this.#attempts.current?.connection;
    if (connection === undefined) return;
    this.#state = 'sent';
    connection.expect(this.#order.request.method);
    if (this.#body.begin(connection, this.#order.text)) this.#client.resumeBody();
    else this.#client.pauseBody();
    this.#wait();
  }

  onInformational(head: ResponseHead): void {
    if (head.status === 101) this.#switch(head);
    else if (!this.#order.request.http10 && !(head.status === 100 && this.#continued)) {
      this.#continued ||= head.status === 100;
      this.#output.add(informationalText(head));
    }
  }

  onHead(head: ResponseHead): void {
    const { request, edge } = this.#order;
    this.#state = 'responding';
    this.#body.letGo();
    this.#attempts.current?.connection.noteHead(head);
    this.#attempts.current?.endpoint.counts.status(head.status);
    edge.counts.status(head.status);
    this.#close = request.fields.close || !this.#body.ended || this.#client.leaving;
    const { text, chunked } = responseText(head, { close: this.#close, http10: request.http10 });
    this.#chunked = chunked;
    this.#output.add(text);
  }

  onBody(bytes: Buffer): void {
    if (this.#chunked) this.#output.add(`${bytes.length.toString(16)}\r\n`);
    this.#output.add(bytes);
    if (this.#chunked) this.#output.add('\r\n');
  }

  onBodyEnd(trailers: readonly Field[]): void {
    if (this.#chunked) this.#output.add(lastChunk(trailers));
    this.#state = 'responded';
  }

  onFlush(): void {
    const more = this.#output.flush();
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
    switch (this.#state) {
      case 'connecting':
        this.#fail({ kind: 'connect-timeout' }, CONNECT_TIMEOUT);
        break;
      case 'sent':
        this.#fail({ kind: 'final' }, this.#body.ended ? RESPONSE_TIMEOUT : REQUEST_TIMEOUT);
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
        this.#output.flush();
        this.#finish();
        break;
      case 'choosing':
      case 'tunnel':
      case 'over':
        break;
    }
  }

  #fail(failure: AttemptFailure, error: ProxyError): void {
    const attempt = this.#attempts.end();
    if (attempt === undefined) return;
    const { endpoint, connection } = attempt;
    connection.destroy();
    endpoint.counts.error(error.code);
    this.#attempts.noteFailure(endpoint, { refused: failure.kind === 'refused' });
    this.#state = 'choosing';
    this.#client.deadlineAt = Number.POSITIVE_INFINITY;
    if (failure.kind === 'reset' && this.#attempts.idempotent) void this.#failReset(endpoint, error);
    else this.#retryOrAnswer(failure, error);
  }

  async #failReset(endpoint: EndpointState, error: ProxyError): Promise<void> {
    const dead = await endpoint.isDead();
    if (dead) endpoint.refused(this.#runtime.now());
    if (this.#state === 'choosing') this.#retryOrAnswer({ kind: 'reset', dead }, error);
  }

  #retryOrAnswer(failure: AttemptFailure, error: ProxyError): void {
    if (this.#attempts.mayRetry(failure, { replayable: this.#body.replayable })) this.start();
    else this.#answer(error);
  }

  #answerUnavailable(): void {
    const { name, unavailable } = this.#order.service;
    if (this.#attempts.failures > 0) this.#answer(REFUSED);
    else this.#answer(new ProxyError('no-ready-instance', unavailable ?? `no instance of ${name} is ready`));
  }

  #answer({ code, message }: ProxyError): void {
    const { service, requestId, edge } = this.#order;
    edge.counts.error(code);
    this.#end();
    this.#client.answer({ code, message, service: service.name, requestId });
  }

  #switch(head: ResponseHead): void {
    const attempt = this.#attempts.current;
    const { upgrade } = this.#order.request.fields;
    if (attempt === undefined || upgrade === undefined || head.upgrade === undefined) {
      throw new ProxyError('bad-response', 'the instance switched protocols without being asked to');
    }
    this.#state = 'tunnel';
    this.#order.edge.counts.status(head.status);
    attempt.endpoint.counts.status(head.status);
    this.#output.add(informationalText(head));
    const { now } = this.#runtime;
    const onEnd = () => {
      this.#attempts.end();
      this.#end();
    };
    this.#client.become(new Tunnel({ client: this.#client.socket, connection: attempt.connection, now, onEnd }));
  }

  #finish(): void {
    const now = this.#runtime.now();
    const attempt = this.#attempts.end();
    if (attempt !== undefined) {
      attempt.endpoint.counts.latency(now - attempt.startedAt);
      if (this.#body.ended) attempt.endpoint.release(attempt.connection, now);
      else attempt.connection.destroy();
    }
    this.#order.edge.counts.latency(now - this.#startedAt);
    this.#end();
    this.#client.done({ keep: !this.#close });
  }

  #cut(): void {
    this.#output.flush();
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
    this.#order.edge.counts.inFlight--;
    this.#runtime.stats.inFlight--;
  }

  /** Sets the deadline that the present state has. */
  #wait(): void {
    if (this.#state !== 'sent' && this.#state !== 'responding') return;
    const unanswered = this.#state === 'sent' && this.#body.ended;
    const usual = unanswered ? LIMITS.responseHeadTimeoutMs : LIMITS.idleTimeoutMs;
    this.#client.deadlineAt = this.#runtime.now() + (this.#clientEnded ? LIMITS.halfClosedMs : usual);
  }
}
