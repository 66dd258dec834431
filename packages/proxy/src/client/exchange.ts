import type { ProxyError } from '../errors.ts';
import type { Field } from '../http/fields.ts';
import { grpcStatusIn, type ResponseHead } from '../http/response-head.ts';
import type { Runtime } from '../runtime.ts';
import { Admission } from './admission.ts';
import { Approach, type ApproachUser } from './approach.ts';
import type { Attempt } from './attempts.ts';
import { type Cached, cachedOf, type Look, type StoredAnswer } from './cached.ts';
import { Call } from './call.ts';
import type { CallUser } from './call-user.ts';
import { CompressedReply, type CompressedUser } from './compressed-reply.ts';
import type { ExchangeClient } from './exchange-client.ts';
import type { ExchangeOrder } from './exchange-order.ts';
import { CLIENT_SLOW, CUT } from './failures.ts';
import { type Fallback, fallbackOfError, fallbackOfStatus, marked } from './fallback.ts';
import { OwnAnswers, type StaleRule } from './own-answers.ts';
import type { Reply, WholeResponse } from './reply.ts';
import { type Sizes, sizesOf } from './sizes.ts';
import { switchOver } from './switch-over.ts';

/**
 * One request and its response, whatever the wire on either side: cache → admission → call → response head → response body →
 * done. A response that breaks off breaks the client's connection or stream, because that is the only way left to say
 * that it is not whole. A response that ends before its request has been read ends the client's HTTP/1.1 connection.
 */
export class Exchange implements CallUser, ApproachUser, CompressedUser {
  readonly order: ExchangeOrder;
  readonly client: ExchangeClient;
  readonly runtime: Runtime;
  readonly sizes: Sizes | undefined;
  readonly cached: Cached | undefined;
  readonly call: Call;
  readonly admission: Admission;
  readonly reply: Reply;
  readonly #approach: Approach;
  readonly #own: OwnAnswers;
  readonly #compressed: CompressedReply | undefined;
  /** The exchange with another service that stands in for this one. */
  #stand: Exchange | undefined;
  #state: 'asking' | 'responding' | 'responded' | 'tunnel' | 'over' = 'asking';

  constructor(order: ExchangeOrder, client: ExchangeClient, runtime: Runtime) {
    const { request } = order;
    this.order = order;
    this.client = client;
    this.runtime = runtime;
    this.cached = cachedOf(order, runtime);
    this.call = new Call(this);
    this.admission = new Admission(order, this.call.patience);
    this.sizes = sizesOf(order.policy.limits.sizes);
    const reply = client.replyTo(request);
    const { compress: spec } = order.policy;
    const { call } = this;
    if (spec !== undefined)
      this.#compressed = new CompressedReply({ reply, request, spec, user: this, client, call, runtime });
    this.reply = this.#compressed ?? reply;
    this.#approach = new Approach(this);
    this.#own = new OwnAnswers(this);
    runtime.stats.begin(order.edge, order.trail.start.startedAt);
  }

  /** Lets the request through to its service, at once or when its turn comes, or refuses it. */
  begin(): void {
    if (this.#state !== 'over') this.#approach.begin();
  }

  onStored(look: Extract<Look, { kind: 'answer' }>): void {
    if (look.refresh) this.order.refresh(this.order, this.runtime);
    this.#serve(look, look.isStale ? 'traffic.cache.staleWhileRevalidate' : undefined);
  }

  onRequestBody(bytes: Buffer): void {
    this.order.trail.bytesIn += bytes.length;
    if (this.#state === 'over') return;
    const tooLarge = this.sizes?.refuseRequestBody(bytes.length);
    if (tooLarge === undefined) this.call.onRequestBody(bytes);
    else this.#breakOff(tooLarge);
  }

  onRequestEnd(trailers: readonly Field[]): void {
    if (this.#state !== 'over') this.call.onRequestEnd(trailers);
  }

  onInformational(head: ResponseHead): void {
    this.reply.addInformational(head);
  }

  onSwitch(head: ResponseHead, attempt: Attempt): void {
    const onEnd = () => {
      this.call.endTunnel();
      this.#end();
    };
    const parts = { order: this.order, client: this.client, reply: this.reply, now: this.runtime.now, onEnd };
    const tunnel = switchOver(head, attempt, parts);
    this.#state = 'tunnel';
    this.admission.answered(head.status);
    this.admission.switched();
    this.order.edge.counts.status(head.status);
    this.order.trail.answered(head.status, this.runtime.now());
    this.client.become(tunnel);
  }

  onHead(head: ResponseHead, { status, revision }: Parameters<CallUser['onHead']>[1]): void {
    const { edge, trail } = this.order;
    trail.answered(head.status, this.runtime.now());
    this.cached?.onStatus(head);
    const tooLarge = this.sizes?.refuseResponse(head);
    if (tooLarge !== undefined) {
      this.#breakOff(tooLarge);
      return;
    }
    if (status === undefined) this.admission.begun();
    else this.admission.answered(status, head.retryAfter);
    const verdict = this.cached?.onHead(head, revision);
    if (verdict?.kind === 'instead') {
      this.call.abandon();
      this.#serve(verdict, 'traffic.cache.staleIfError');
      return;
    }
    const fallback = fallbackOfStatus(this.order, head.status, this.runtime.now());
    if (fallback !== undefined) {
      edge.counts.status(head.status);
      this.call.abandon();
      this.#fallBack(fallback, `it answered ${head.status}`);
      return;
    }
    this.#state = 'responding';
    if (verdict?.kind === 'confirmed') this.#add(this.#own.stored(verdict));
    else {
      if (status !== undefined) edge.counts.status(status);
      this.reply.addHead(marked(verdict?.head ?? head, this.order), this.#own.headOptions(head));
    }
  }

  onBody(bytes: Buffer): void {
    if (this.#state === 'over') return;
    this.order.trail.bytesOut += bytes.length;
    const tooLarge = this.sizes?.refuseResponseBody(bytes.length);
    if (tooLarge !== undefined) this.#breakOff(tooLarge);
    else {
      this.cached?.onBody(bytes);
      this.reply.addBody(bytes);
    }
  }

  onBodyEnd(trailers: readonly Field[], status: number | undefined): void {
    if (this.#state !== 'responding') return;
    if (status !== undefined) {
      this.admission.answered(status);
      this.order.edge.counts.status(status);
      this.order.trail.endedAs(status, grpcStatusIn(trailers));
    }
    this.cached?.onBodyEnd({ hasTrailers: trailers.length > 0 });
    this.reply.addEnd(trailers);
    this.#state = 'responded';
  }

  onFlush(): boolean {
    if (this.#state === 'over') return true;
    const more = this.reply.flush();
    if (!more) this.cached?.onHeld();
    if (this.#state === 'responded') this.#finishWhenWhole();
    return more;
  }

  onClientDrain(): void {
    this.#stand?.onClientDrain();
    if (this.#compressed?.isPending) this.#compressed.resume();
    else this.call.onClientDrain();
    if (this.#state === 'responded') this.#finishWhenWhole();
  }

  onEncoderDrain(): void {
    this.call.onClientDrain();
  }

  onEncoded({ broken }: { readonly broken: boolean }): void {
    if (broken) {
      this.call.abandon();
      this.onBroken();
    } else if (this.#state === 'responded') this.#finish();
  }

  /** The client sends no more: see `Call`. */
  onClientEnd(): void {
    (this.#stand ?? this.call).onClientEnd();
  }

  onClientGone(): void {
    this.#stand?.onClientGone();
    if (this.#state === 'over') return;
    this.#own.unanswered('client-gone');
    this.call.abandon();
    this.#end();
  }

  onDeadline(): void {
    if (this.#stand !== undefined) this.#stand.onDeadline();
    else if (this.#state === 'responded') {
      if (!this.#compressed?.wait.goesOn()) this.onBroken(CLIENT_SLOW);
    } else if (!this.#approach.isWaiting) this.call.onDeadline();
    else if (this.call.patience.seemsLeft) this.onAbandoned();
    else this.onNoAnswer(this.#approach.overdue);
  }

  /** There is no answer: what is stored will do, or what the service has declared for that, or the caller gets the error. */
  onNoAnswer(error: ProxyError): void {
    const { code, rule } = error;
    const { edge, trail } = this.order;
    edge.counts.error(code);
    trail.failed(code, { isSent: true });
    if (rule !== undefined) this.#own.decided(error, rule);
    this.admission.failed(code);
    const instead = this.cached?.insteadOf(error);
    const fallback = instead ?? fallbackOfError(this.order, error, this.runtime.now());
    this.cached?.end(this.#approach, { answered: true });
    if (instead !== undefined) this.#serve(instead, 'traffic.cache.staleIfError');
    else if (fallback !== undefined && 'kind' in fallback) this.#fallBack(fallback, code);
    else {
      this.#end();
      this.#own.error(error);
    }
  }

  onBroken(error: ProxyError = CUT): void {
    this.reply.flush();
    this.#own.unanswered(error.code);
    if (error.rule !== undefined) this.#own.decided(error, error.rule);
    this.#end();
    // A body that ends with the connection would look whole after an orderly close.
    this.client.cut(error, { byReset: this.order.request.http10 });
  }

  onAbandoned(): void {
    this.onClientGone();
    this.client.cut(CUT, { byReset: false });
  }

  /** Ends it by the proxy's own will: by an answer, or where one has begun, by breaking it off. */
  #breakOff(error: ProxyError): void {
    this.call.abandon();
    if (this.#state === 'responding' || this.#state === 'responded') this.onBroken(error);
    else this.onNoAnswer(error);
  }

  /** Answers with what is stored. */
  #serve(answer: StoredAnswer, stale?: StaleRule): void {
    if (stale !== undefined) this.#own.stale(answer, stale);
    this.#add(this.#own.stored(answer));
    this.onFlush();
  }

  #add(response: WholeResponse): void {
    this.#state = 'responded';
    this.#own.add(response);
  }

  #fallBack(fallback: Fallback, why: string): void {
    this.order.trail.decided('traffic.fallback', why, this.runtime.now());
    if (fallback.kind === 'respond') {
      this.#add(fallback.response);
      this.onFlush();
    } else {
      this.#end();
      this.#stand = new Exchange(fallback.order, this.client, this.runtime);
      this.#stand.begin();
    }
  }

  /** The last of it may still be in the encoder. */
  #finishWhenWhole(): void {
    if (!this.#compressed?.isPending) this.#finish();
    else {
      // Its instance has no more work with it: the place is another's.
      this.#approach.leave();
      this.#compressed.wait.begin();
    }
  }

  #finish(): void {
    const { edge, trail } = this.order;
    edge.counts.latency(this.runtime.now() - trail.start.startedAt);
    this.#end();
    this.client.done({ keep: !this.reply.close });
  }

  #end(): void {
    if (this.#state === 'over') return;
    this.cached?.end(this.#approach, { answered: this.#state === 'responded' });
    this.#state = 'over';
    this.#compressed?.abort();
    this.#approach.leave();
    this.runtime.stats.end(this.order.edge);
    this.runtime.recorder.end(this.order.trail, this.runtime.now());
  }
}
