import { ProxyError } from '../errors.ts';
import type { Field } from '../http/fields.ts';
import type { ResponseHead } from '../http/response-head.ts';
import type { Runtime } from '../runtime.ts';
import type { Waiter } from '../stats.ts';
import { Admission } from './admission.ts';
import type { Attempt } from './attempts.ts';
import { Call } from './call.ts';
import type { CallUser } from './call-user.ts';
import type { ExchangeClient } from './exchange-client.ts';
import type { ExchangeOrder } from './exchange-order.ts';
import { CUT, WAITED } from './failures.ts';
import type { Reply } from './reply.ts';
import { Tunnel } from './tunnel.ts';

/**
 * One request and its response, whatever the wire on either side: admission → call → response head → response body →
 * done. A response that breaks off breaks the client's connection or stream, because that is the only way left to say
 * that it is not whole. A response that ends before its request has been read ends the client's HTTP/1.1 connection.
 */
export class Exchange implements CallUser, Waiter {
  readonly #order: ExchangeOrder;
  readonly #client: ExchangeClient;
  readonly #runtime: Runtime;
  readonly #startedAt: number;
  readonly #admission: Admission;
  readonly #call: Call;
  readonly #reply: Reply;
  #state: 'waiting' | 'asking' | 'responding' | 'responded' | 'tunnel' | 'over' = 'asking';
  #clientEnded = false;

  constructor(order: ExchangeOrder, client: ExchangeClient, runtime: Runtime) {
    const { edge, request } = order;
    this.#order = order;
    this.#client = client;
    this.#runtime = runtime;
    this.#startedAt = runtime.now();
    this.#admission = new Admission({ ...order, runtime });
    this.#call = new Call({ order, runtime, user: this, client });
    this.#reply = client.replyTo(request);
    edge.counts.requests++;
    edge.counts.inFlight++;
    edge.budget.request(this.#startedAt);
    runtime.stats.inFlight++;
  }

  /** Lets the request through to its service, at once or when its turn comes, or refuses it. */
  begin(): void {
    const entrance = this.#admission.enter(this);
    if (entrance.kind === 'go') this.#call.start();
    else if (entrance.kind === 'refused') this.#answer(entrance.error);
    else {
      this.#state = 'waiting';
      this.#client.deadlineAt = Math.min(entrance.until, this.#call.patientUntil);
    }
  }

  /** Its turn has come. */
  onPlace(): void {
    this.#admission.placed();
    this.#client.deadlineAt = Number.POSITIVE_INFINITY;
    this.#state = 'asking';
    this.#call.startSoon();
  }

  onRequestBody(bytes: Buffer): void {
    this.#call.onRequestBody(bytes);
  }

  onRequestEnd(trailers: readonly Field[]): void {
    this.#call.onRequestEnd(trailers);
  }

  onInformational(head: ResponseHead): void {
    this.#reply.addInformational(head);
  }

  onSwitch(head: ResponseHead, { wire }: Attempt): void {
    const { request, edge, policy } = this.#order;
    const { socket } = this.#client;
    const { connection } = wire;
    if (socket === undefined || connection === undefined || !request.fields.upgrade || !head.upgrade) {
      throw new ProxyError('bad-response', 'the instance switched protocols without being asked to');
    }
    this.#state = 'tunnel';
    this.#admission.answered(head.status);
    this.#admission.switched();
    edge.counts.status(head.status);
    this.#reply.addSwitch(head);
    const onEnd = () => {
      this.#call.endTunnel();
      this.#end();
    };
    const { idleMs } = policy.timeout;
    this.#client.become(new Tunnel({ client: socket, connection, now: this.#runtime.now, idleMs, onEnd }));
  }

  onHead(head: ResponseHead, status: number | undefined): void {
    const { fields } = this.#order.request;
    this.#state = 'responding';
    if (status === undefined) this.#admission.begun();
    else this.#answered(status);
    const close = fields.close || !this.#call.isSent || this.#client.leaving;
    this.#reply.addHead(head, { close });
  }

  onBody(bytes: Buffer): void {
    this.#reply.addBody(bytes);
  }

  onBodyEnd(trailers: readonly Field[], status: number | undefined): void {
    if (status !== undefined) this.#answered(status);
    this.#reply.addEnd(trailers);
    this.#state = 'responded';
  }

  onFlush(): boolean {
    const more = this.#reply.flush();
    if (this.#state === 'responded') this.#finish();
    return more;
  }

  onClientDrain(): void {
    this.#call.onClientDrain();
  }

  /** The client sends no more: see `Call`. */
  onClientEnd(): void {
    this.#clientEnded = true;
    this.#call.onClientEnd();
  }

  onClientGone(): void {
    if (this.#state === 'over') return;
    this.#order.edge.counts.error('client-gone');
    this.#call.abandon();
    this.#end();
  }

  onDeadline(): void {
    if (this.#state !== 'waiting') this.#call.onDeadline();
    else if (this.#clientEnded) this.onAbandoned();
    else this.#answer(this.#call.overdue ?? WAITED);
  }

  onNoAnswer(error: ProxyError): void {
    this.#answer(error);
  }

  onBroken(error: ProxyError = CUT): void {
    this.#reply.flush();
    this.#order.edge.counts.error(error.code);
    if (error.rule !== undefined) this.#order.edge.decided(error.rule);
    this.#end();
    // A body that ends with the connection would look whole after an orderly close.
    this.#client.cut(error, { byReset: this.#order.request.http10 });
  }

  onAbandoned(): void {
    this.onClientGone();
    this.#client.cut(CUT, { byReset: false });
  }

  #answered(status: number): void {
    this.#admission.answered(status);
    this.#order.edge.counts.status(status);
  }

  #answer({ code, message, rule, retryAfterMs, fields }: ProxyError): void {
    const { service, origin, edge } = this.#order;
    const { requestId } = origin;
    edge.counts.error(code);
    if (rule !== undefined) edge.decided(rule);
    this.#admission.failed(code);
    this.#end();
    this.#client.answer({ code, message, rule, retryAfterMs, fields, service: service.name, requestId });
  }

  #finish(): void {
    this.#order.edge.counts.latency(this.#runtime.now() - this.#startedAt);
    this.#end();
    this.#client.done({ keep: !this.#reply.close });
  }

  #end(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#admission.leave(this);
    this.#order.edge.counts.inFlight--;
    this.#runtime.stats.inFlight--;
  }
}
