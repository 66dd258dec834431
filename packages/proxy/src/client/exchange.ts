import type { TrafficRule } from '@islet/policy';
import type { ProxyError } from '../errors.ts';
import type { Field } from '../http/fields.ts';
import type { ResponseHead } from '../http/response-head.ts';
import type { Runtime } from '../runtime.ts';
import { Admission } from './admission.ts';
import { Approach, type ApproachUser } from './approach.ts';
import type { Attempt } from './attempts.ts';
import { type Cached, cachedOf, type Look, type StoredAnswer, withStatus } from './cached.ts';
import { Call } from './call.ts';
import type { CallUser } from './call-user.ts';
import { CompressedReply, type CompressedUser } from './compressed-reply.ts';
import type { ExchangeClient } from './exchange-client.ts';
import type { ExchangeOrder } from './exchange-order.ts';
import { CUT } from './failures.ts';
import { type Fallback, fallbackOfError, fallbackOfStatus, marked } from './fallback.ts';
import { addWhole, type Reply, type WholeResponse } from './reply.ts';
import { type Sizes, sizesOf } from './sizes.ts';
import { servedOf } from './stored-reply.ts';
import { tunnelOf } from './tunnel-of.ts';

/**
 * One request and its response, whatever the wire on either side: cache → admission → call → response head → response body →
 * done. A response that breaks off breaks the client's connection or stream, because that is the only way left to say
 * that it is not whole. A response that ends before its request has been read ends the client's HTTP/1.1 connection.
 */
export class Exchange implements CallUser, ApproachUser, CompressedUser {
  readonly #order: ExchangeOrder;
  readonly #client: ExchangeClient;
  readonly #runtime: Runtime;
  readonly #startedAt: number;
  readonly #admission: Admission;
  readonly #approach: Approach;
  readonly #call: Call;
  readonly #reply: Reply;
  readonly #compressed: CompressedReply | undefined;
  readonly #sizes: Sizes | undefined;
  /** The exchange with another service that stands in for this one. */
  #stand: Exchange | undefined;
  readonly #cached: Cached | undefined;
  #state: 'asking' | 'responding' | 'responded' | 'tunnel' | 'over' = 'asking';
  #clientEnded = false;

  constructor(order: ExchangeOrder, client: ExchangeClient, runtime: Runtime) {
    const { request } = order;
    this.#order = order;
    this.#client = client;
    this.#runtime = runtime;
    this.#startedAt = runtime.now();
    this.#admission = new Admission({ ...order, runtime });
    this.#cached = cachedOf(order, runtime);
    this.#call = new Call({ order, runtime, user: this, client });
    this.#sizes = sizesOf(order.policy.limits.sizes);
    const before = { sizes: this.#sizes, cached: this.#cached, admission: this.#admission };
    this.#approach = new Approach({ order, runtime, client, ...before, call: this.#call, user: this });
    const reply = client.replyTo(request);
    const spec = order.policy.compress;
    this.#compressed = spec && new CompressedReply({ reply, request, spec, encoders: runtime.encoders, user: this });
    this.#reply = this.#compressed ?? reply;
    runtime.stats.begin(order.edge, this.#startedAt);
  }

  /** Lets the request through to its service, at once or when its turn comes, or refuses it. */
  begin(): void {
    if (this.#state !== 'over') this.#approach.begin();
  }

  onStored(look: Extract<Look, { kind: 'answer' }>): void {
    if (look.refresh) this.#order.refresh(this.#order, this.#runtime);
    this.#serve(look, look.refresh ? 'traffic.cache.staleWhileRevalidate' : undefined);
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

  onSwitch(head: ResponseHead, attempt: Attempt): void {
    const onEnd = () => {
      this.#call.endTunnel();
      this.#end();
    };
    const tunnel = tunnelOf(head, attempt, { order: this.#order, client: this.#client, now: this.#runtime.now, onEnd });
    this.#state = 'tunnel';
    this.#admission.answered(head.status);
    this.#admission.switched();
    this.#order.edge.counts.status(head.status);
    this.#reply.addSwitch(head);
    this.#client.become(tunnel);
  }

  onHead(head: ResponseHead, { status, revision }: Parameters<CallUser['onHead']>[1]): void {
    const { edge } = this.#order;
    const tooLarge = this.#sizes?.refuseResponse(head);
    if (tooLarge !== undefined) {
      this.#breakOff(tooLarge);
      return;
    }
    if (status === undefined) this.#admission.begun();
    else this.#admission.answered(status);
    const verdict = this.#cached?.onHead(head, revision);
    if (verdict?.kind === 'instead') {
      this.#call.abandon();
      this.#serve(verdict, 'traffic.cache.staleIfError');
      return;
    }
    const fallback = fallbackOfStatus(this.#order, head.status, this.#call.patience.callersTimeMs(this.#runtime.now()));
    if (fallback !== undefined) {
      edge.counts.status(head.status);
      this.#call.abandon();
      this.#fallBack(fallback);
      return;
    }
    this.#state = 'responding';
    if (verdict?.kind === 'confirmed') this.#add(this.#storedResponse(verdict));
    else {
      if (status !== undefined) edge.counts.status(status);
      this.#reply.addHead(marked(verdict?.head ?? head, this.#order), { close: this.#closes });
    }
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

  onBodyEnd(trailers: readonly Field[], status: number | undefined): void {
    if (this.#state !== 'responding') return;
    if (status !== undefined) {
      this.#admission.answered(status);
      this.#order.edge.counts.status(status);
    }
    this.#cached?.onBodyEnd({ hasTrailers: trailers.length > 0 });
    this.#reply.addEnd(trailers);
    this.#state = 'responded';
  }

  onFlush(): boolean {
    if (this.#state === 'over') return true;
    const more = this.#reply.flush();
    if (this.#state === 'responded') this.#finishWhenWhole();
    return more;
  }

  onClientDrain(): void {
    this.#stand?.onClientDrain();
    if (this.#compressed?.isPending) this.#compressed.resume();
    else this.#call.onClientDrain();
    if (this.#state === 'responded') this.#finishWhenWhole();
  }

  onEncoderDrain(): void {
    this.#call.onClientDrain();
  }

  onEncoded({ broken }: { readonly broken: boolean }): void {
    if (broken) {
      this.#call.abandon();
      this.onBroken();
    } else if (this.#state === 'responded') this.#finish();
  }

  /** The client sends no more: see `Call`. */
  onClientEnd(): void {
    this.#clientEnded = true;
    (this.#stand ?? this.#call).onClientEnd();
  }

  onClientGone(): void {
    this.#stand?.onClientGone();
    if (this.#state === 'over') return;
    this.#order.edge.counts.error('client-gone');
    this.#call.abandon();
    this.#end();
  }

  onDeadline(): void {
    if (this.#stand !== undefined) this.#stand.onDeadline();
    else if (this.#state === 'responded') this.onBroken();
    else if (!this.#approach.isWaiting) this.#call.onDeadline();
    else if (this.#clientEnded) this.onAbandoned();
    else this.onNoAnswer(this.#approach.overdue);
  }

  /** There is no answer: what is stored will do, or what the service has declared for that, or the caller gets the error. */
  onNoAnswer(error: ProxyError): void {
    const { service, origin, edge } = this.#order;
    const { code, message, rule, retryAfterMs, fields } = error;
    const { requestId } = origin;
    edge.counts.error(code);
    if (rule !== undefined) edge.decided(rule);
    this.#admission.failed(code);
    const instead = this.#cached?.insteadOf(error);
    const fallback =
      instead === undefined
        ? fallbackOfError(this.#order, error, this.#call.patience.callersTimeMs(this.#runtime.now()))
        : undefined;
    this.#cached?.end(this.#approach, { answered: true });
    if (instead !== undefined) this.#serve(instead, 'traffic.cache.staleIfError');
    else if (fallback !== undefined) this.#fallBack(fallback);
    else {
      this.#end();
      this.#client.answer({ code, message, rule, retryAfterMs, fields, service: service.name, requestId });
    }
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

  /** Ends it by the proxy's own will: by an answer, or where one has begun, by breaking it off. */
  #breakOff(error: ProxyError): void {
    const hasBegun = this.#state === 'responding' || this.#state === 'responded';
    this.#call.abandon();
    if (hasBegun) this.onBroken(error);
    else this.onNoAnswer(error);
  }

  /** Answers with what is stored. */
  #serve(answer: StoredAnswer, rule?: TrafficRule): void {
    if (rule !== undefined) this.#order.edge.decided(rule);
    this.#add(this.#storedResponse(answer));
    this.onFlush();
  }

  #storedResponse({ stored, status }: StoredAnswer): WholeResponse {
    const { request, edge } = this.#order;
    const { head, body } = servedOf(stored, request, this.#runtime.now());
    edge.decided('traffic.cache');
    edge.counts.status(head.status);
    return { head: withStatus(head, status), body };
  }

  #add(response: WholeResponse): void {
    this.#state = 'responded';
    addWhole(this.#reply, response, { close: this.#closes });
  }

  /** The client's connection can't be kept after the response. */
  get #closes(): boolean {
    return this.#order.request.fields.close || !this.#call.isSent || this.#client.leaving;
  }

  #fallBack(fallback: Fallback): void {
    this.#order.edge.decided('traffic.fallback');
    if (fallback.kind === 'respond') {
      this.#add(fallback.response);
      this.onFlush();
    } else {
      this.#end();
      this.#stand = new Exchange(fallback.order, this.#client, this.#runtime);
      this.#stand.begin();
    }
  }

  /** The last of it may still be in the encoder. */
  #finishWhenWhole(): void {
    if (!this.#compressed?.isPending) this.#finish();
    else this.#client.deadlineAt = this.#runtime.now() + this.#order.policy.timeout.idleMs;
  }

  #finish(): void {
    this.#order.edge.counts.latency(this.#runtime.now() - this.#startedAt);
    this.#end();
    this.#client.done({ keep: !this.#reply.close });
  }

  #end(): void {
    if (this.#state === 'over') return;
    this.#cached?.end(this.#approach, { answered: this.#state === 'responded' });
    this.#state = 'over';
    this.#compressed?.abort();
    this.#approach.leave();
    this.#runtime.stats.end(this.#order.edge);
  }
}
