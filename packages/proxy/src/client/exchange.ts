import type { TrafficRule } from '@islet/policy';
import type { Follower, Landing } from '../cache/flights.ts';
import { ProxyError } from '../errors.ts';
import type { Field } from '../http/fields.ts';
import type { ResponseHead } from '../http/response-head.ts';
import type { Runtime } from '../runtime.ts';
import type { Waiter } from '../stats.ts';
import { Admission } from './admission.ts';
import type { Attempt } from './attempts.ts';
import { type Cached, cachedOf, type Look, type StoredAnswer, withStatus } from './cached.ts';
import { Call } from './call.ts';
import type { CallUser } from './call-user.ts';
import type { ExchangeClient } from './exchange-client.ts';
import type { ExchangeOrder } from './exchange-order.ts';
import { NOT_CACHED, RESPONSE_TIMEOUT, WAITED } from './failures.ts';
import { addWhole, type Reply } from './reply.ts';
import { type Sizes, sizesOf } from './sizes.ts';
import { servedOf } from './stored-reply.ts';
import { Tunnel } from './tunnel.ts';

/**
 * One request and its response, whatever the wire on either side: cache → admission → call → response head → response body →
 * done. A response that breaks off breaks the client's connection or stream, because that is the only way left to say
 * that it is not whole. A response that ends before its request has been read ends the client's HTTP/1.1 connection.
 */
export class Exchange implements CallUser, Waiter, Follower {
  readonly #order: ExchangeOrder;
  readonly #client: ExchangeClient;
  readonly #runtime: Runtime;
  readonly #startedAt: number;
  readonly #admission: Admission;
  readonly #call: Call;
  readonly #reply: Reply;
  readonly #sizes: Sizes | undefined;
  readonly #cached: Cached | undefined;
  /** What is stored, and takes the place of the response that is read. */
  #instead: StoredAnswer | undefined;
  #state: 'following' | 'waiting' | 'asking' | 'responding' | 'responded' | 'tunnel' | 'over' = 'asking';
  #clientEnded = false;

  constructor(order: ExchangeOrder, client: ExchangeClient, runtime: Runtime) {
    const { edge, request } = order;
    this.#order = order;
    this.#client = client;
    this.#runtime = runtime;
    this.#startedAt = runtime.now();
    this.#admission = new Admission({ ...order, runtime });
    this.#cached = cachedOf(order, runtime);
    this.#call = new Call({ order, runtime, user: this, client });
    this.#reply = client.replyTo(request);
    this.#sizes = sizesOf(order.policy.limits.sizes);
    edge.counts.requests++;
    edge.counts.inFlight++;
    edge.budget.request(this.#startedAt);
    runtime.stats.inFlight++;
  }

  /** Lets the request through to its service, at once or when its turn comes, or refuses it. */
  begin(): void {
    if (this.#state === 'over') return;
    const tooLarge = this.#sizes?.refuseRequest(this.#order.request);
    if (tooLarge !== undefined) this.#answer(tooLarge);
    else if (this.#cached !== undefined) this.#follow(this.#cached, this.#cached.look(this));
    else this.#enter();
  }

  /** What it waited for, another request has brought, or not. */
  onLanded(landing: Landing): void {
    if (this.#state !== 'following' || this.#cached === undefined) return;
    this.#state = 'asking';
    this.#client.deadlineAt = Number.POSITIVE_INFINITY;
    this.#follow(this.#cached, this.#cached.look(this, landing));
  }

  #follow(cached: Cached, look: Look): void {
    switch (look.kind) {
      case 'answer':
        if (look.refresh) this.#order.refresh(this.#order, this.#runtime);
        this.#serve(look, look.refresh ? 'traffic.cache.staleWhileRevalidate' : undefined);
        break;
      case 'wait':
        this.#state = 'following';
        this.#client.deadlineAt = this.#call.patientUntil;
        break;
      case 'only-if-cached':
        this.#answer(NOT_CACHED);
        break;
      case 'ask':
        this.#call.ask(cached.order);
        this.#enter();
    }
  }

  #enter(): void {
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
    if (this.#state === 'over') return;
    const tooLarge = this.#sizes?.refuseRequestBody(bytes.length);
    if (tooLarge === undefined) this.#call.onRequestBody(bytes);
    else this.#breakOff(tooLarge);
  }

  onRequestEnd(trailers: readonly Field[]): void {
    if (this.#state !== 'over') this.#call.onRequestEnd(trailers);
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

  onHead(head: ResponseHead): void {
    const { edge } = this.#order;
    const tooLarge = this.#sizes?.refuseResponse(head);
    if (tooLarge !== undefined) {
      this.#breakOff(tooLarge);
      return;
    }
    this.#admission.answered(head.status);
    const verdict = this.#cached?.onHead(head, this.#call.revision);
    if (verdict?.kind === 'instead') {
      this.#call.abandon();
      this.#serve(verdict, 'traffic.cache.staleIfError');
      return;
    }
    this.#state = 'responding';
    if (verdict?.kind === 'confirmed') {
      this.#instead = verdict;
      return;
    }
    edge.counts.status(head.status);
    this.#reply.addHead(verdict?.head ?? head, { close: this.#closes });
  }

  onBody(bytes: Buffer): void {
    if (this.#state === 'over') return;
    const tooLarge = this.#sizes?.refuseResponseBody(bytes.length);
    if (tooLarge !== undefined) this.#breakOff(tooLarge);
    else {
      this.#cached?.onBody(bytes);
      this.#reply.addBody(bytes);
    }
  }

  onBodyEnd(trailers: readonly Field[]): void {
    if (this.#state === 'over') return;
    this.#cached?.onBodyEnd({ hasTrailers: trailers.length > 0 });
    if (this.#instead !== undefined) this.#addStored(this.#instead);
    else this.#reply.addEnd(trailers);
    this.#state = 'responded';
  }

  onFlush(): boolean {
    if (this.#state === 'over') return true;
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
    if (this.#state !== 'waiting' && this.#state !== 'following') this.#call.onDeadline();
    else if (this.#clientEnded) this.onAbandoned();
    else this.#answer(this.#call.overdue ?? (this.#state === 'waiting' ? WAITED : RESPONSE_TIMEOUT));
  }

  onNoAnswer(error: ProxyError): void {
    const instead = this.#cached?.insteadOfError();
    if (instead === undefined) this.#answer(error);
    else {
      this.#order.edge.counts.error(error.code);
      this.#admission.failed(error.code);
      this.#serve(instead, 'traffic.cache.staleIfError');
    }
  }

  onBroken(): void {
    this.#reply.flush();
    this.#order.edge.counts.error('response-cut');
    this.#end();
    // A body that ends with the connection would look whole after an orderly close.
    this.#client.cut({ byReset: this.#order.request.http10 });
  }

  onAbandoned(): void {
    this.onClientGone();
    this.#client.cut({ byReset: false });
  }

  /** Ends it by the proxy's own will: by an answer, or where one has begun, by breaking it off. */
  #breakOff(error: ProxyError): void {
    const hasBegun = this.#state === 'responding' || this.#state === 'responded';
    this.#call.abandon();
    if (!hasBegun) this.#answer(error);
    else {
      if (error.rule !== undefined) this.#order.edge.decided(error.rule);
      this.onBroken();
    }
  }

  /** Answers with what is stored. */
  #serve(answer: StoredAnswer, rule?: TrafficRule): void {
    if (rule !== undefined) this.#order.edge.decided(rule);
    this.#addStored(answer);
    this.#reply.flush();
    this.#finish();
  }

  #addStored({ stored, status }: StoredAnswer): void {
    const { request, edge } = this.#order;
    const served = servedOf(stored, request, this.#runtime.now());
    edge.decided('traffic.cache');
    edge.counts.status(served.head.status);
    this.#state = 'responded';
    addWhole(this.#reply, { ...served, head: withStatus(served.head, status) }, { close: this.#closes });
  }

  /** The client's connection can't be kept after the response. */
  get #closes(): boolean {
    return this.#order.request.fields.close || !this.#call.isSent || this.#client.leaving;
  }

  #answer({ code, message, rule, retryAfterMs, fields }: ProxyError): void {
    const { service, origin, edge } = this.#order;
    const { requestId } = origin;
    edge.counts.error(code);
    if (rule !== undefined) edge.decided(rule);
    this.#admission.failed(code);
    this.#cached?.end(this, { answered: true });
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
    this.#cached?.end(this, { answered: this.#state === 'responded' });
    this.#state = 'over';
    this.#admission.leave(this);
    this.#order.edge.counts.inFlight--;
    this.#runtime.stats.inFlight--;
  }
}
