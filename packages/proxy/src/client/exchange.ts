import type { Hold, TrafficRule } from '@islet/policy';
import type { TrafficSpec } from '@islet/spec';
import { ProxyError, type ProxyErrorCode } from '../errors.ts';
import type { Field } from '../http/fields.ts';
import type { ResponseHead } from '../http/response-head.ts';
import { ruleValue } from '../record/rule-value.ts';
import type { Trail } from '../record/trail.ts';
import type { Runtime } from '../runtime.ts';
import type { Waiter } from '../stats.ts';
import type { Held } from '../upstream/doorstep.ts';
import { Admission, type Entrance } from './admission.ts';
import type { Attempt } from './attempts.ts';
import { Call } from './call.ts';
import type { CallUser } from './call-user.ts';
import type { ExchangeClient } from './exchange-client.ts';
import type { ExchangeOrder } from './exchange-order.ts';
import { DOOR_FULL, NEVER_STARTED, WAITED } from './failures.ts';
import type { Reply } from './reply.ts';
import { type Sizes, sizesOf } from './sizes.ts';
import { Tunnel } from './tunnel.ts';

/**
 * One request and its response, whatever the wire on either side: admission → call → response head → response body →
 * done. A response that breaks off breaks the client's connection or stream, because that is the only way left to say
 * that it is not whole. A response that ends before its request has been read ends the client's HTTP/1.1 connection.
 */
export class Exchange implements CallUser, Waiter, Held {
  readonly #order: ExchangeOrder;
  readonly #client: ExchangeClient;
  readonly #runtime: Runtime;
  readonly #startedAt: number;
  readonly #admission: Admission;
  readonly #call: Call;
  readonly #reply: Reply;
  readonly #sizes: Sizes | undefined;
  #state: 'held' | 'waiting' | 'asking' | 'responding' | 'responded' | 'tunnel' | 'over' = 'asking';
  #clientEnded = false;

  constructor(order: ExchangeOrder, client: ExchangeClient, runtime: Runtime) {
    const { edge, request } = order;
    this.#order = order;
    this.#client = client;
    this.#runtime = runtime;
    this.#startedAt = order.trail.start.startedAt;
    this.#admission = new Admission({ ...order, runtime });
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
    const { service } = this.#order;
    if (service.hold === undefined || service.pool.endpoints.length > 0) this.#enter();
    else this.#waitAtDoor(service.hold);
  }

  /** Its service was scaled to none: its first instance starts. */
  #waitAtDoor(hold: Hold): void {
    const now = this.#runtime.now();
    this.#state = 'held';
    if (!this.#order.service.door.tryWait(this, now, hold)) this.#answer(DOOR_FULL);
    else this.#client.deadlineAt = Math.min(now + hold.maxMs, this.#call.patience.callersDeadline);
  }

  onOpened(): void {
    this.#state = 'asking';
    this.#client.deadlineAt = Number.POSITIVE_INFINITY;
    const { trail } = this.#order;
    const now = this.#runtime.now();
    trail.waited(now - this.#startedAt);
    trail.decided(
      'scale.zero.hold',
      `held for ${Math.round(now - this.#startedAt)} ms until an instance was there`,
      now,
    );
    this.#call.patience.onOpened(now);
    this.#enter();
  }

  #enter(): void {
    const tooLarge = this.#sizes?.refuseRequest(this.#order.request);
    const entrance: Entrance = tooLarge ? { kind: 'refused', error: tooLarge } : this.#admission.enter(this);
    if (entrance.kind === 'go') this.#call.start();
    else if (entrance.kind === 'refused') this.#answer(entrance.error);
    else {
      this.#state = 'waiting';
      this.#client.deadlineAt = Math.min(entrance.until, this.#call.patience.decideBy(this.#runtime.now(), 'request'));
    }
  }

  /** Its turn has come. */
  onPlace(): void {
    this.#admission.placed();
    this.#order.trail.waited(this.#runtime.now() - this.#startedAt);
    this.#client.deadlineAt = Number.POSITIVE_INFINITY;
    this.#state = 'asking';
    this.#call.startSoon();
  }

  onRequestBody(bytes: Buffer): void {
    this.#order.trail.bytesIn += bytes.length;
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
    const { request, edge, policy, trail } = this.#order;
    const { socket } = this.#client;
    const { connection } = wire;
    if (socket === undefined || connection === undefined || !request.fields.upgrade || !head.upgrade) {
      throw new ProxyError('bad-response', 'the instance switched protocols without being asked to');
    }
    this.#state = 'tunnel';
    this.#admission.answered(head.status);
    this.#admission.switched();
    edge.counts.status(head.status);
    trail.answered(head.status, this.#runtime.now());
    this.#reply.addSwitch(head);
    const { bytesRead, bytesWritten } = socket;
    const onEnd = () => {
      trail.bytesIn = socket.bytesRead - bytesRead;
      trail.bytesOut = socket.bytesWritten - bytesWritten;
      this.#call.endTunnel();
      this.#end();
    };
    const { idleMs } = policy.timeout;
    this.#client.become(new Tunnel({ client: socket, connection, now: this.#runtime.now, idleMs, onEnd }));
  }

  onHead(head: ResponseHead): void {
    const { request, edge, trail } = this.#order;
    const tooLarge = this.#sizes?.refuseResponse(head);
    if (tooLarge !== undefined) {
      this.#breakOff(tooLarge);
      return;
    }
    this.#admission.answered(head.status);
    trail.answered(head.status, this.#runtime.now());
    this.#state = 'responding';
    edge.counts.status(head.status);
    const close = request.fields.close || !this.#call.isSent || this.#client.leaving;
    this.#reply.addHead(head, { close, fields: ownFields(head, trail) });
  }

  onBody(bytes: Buffer): void {
    if (this.#state === 'over') return;
    this.#order.trail.bytesOut += bytes.length;
    const tooLarge = this.#sizes?.refuseResponseBody(bytes.length);
    if (tooLarge === undefined) this.#reply.addBody(bytes);
    else this.#breakOff(tooLarge);
  }

  onBodyEnd(trailers: readonly Field[]): void {
    if (this.#state === 'over') return;
    this.#reply.addEnd(trailers);
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
    this.#fails('client-gone');
    this.#call.abandon();
    this.#end();
  }

  onDeadline(): void {
    if (this.#state !== 'waiting' && this.#state !== 'held') this.#call.onDeadline();
    else if (this.#clientEnded) this.onAbandoned();
    else this.#answer(this.#call.overdue ?? (this.#state === 'held' ? NEVER_STARTED : WAITED));
  }

  onNoAnswer(error: ProxyError): void {
    this.#answer(error);
  }

  onBroken(): void {
    this.#reply.flush();
    this.#fails('response-cut');
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
      if (error.rule !== undefined) this.#decided(error, error.rule);
      this.onBroken();
    }
  }

  #answer(error: ProxyError): void {
    const { code, message, rule, retryAfterMs, fields } = error;
    const { service, edge, trail, origin } = this.#order;
    edge.counts.error(code);
    trail.failed(code, { isSent: true });
    if (rule !== undefined) this.#decided(error, rule);
    this.#admission.failed(code);
    this.#end();
    const explanation = trail.start.asked ? trail.text : origin.from.kind === 'gateway' ? undefined : rule;
    const { requestId } = origin;
    this.#client.answer({ code, message, explanation, retryAfterMs, fields, service: service.name, requestId });
  }

  #decided(error: ProxyError, rule: TrafficRule): void {
    const { trail, policy } = this.#order;
    trail.decided(rule, whyOf(error, rule, policy), this.#runtime.now());
  }

  /** It ends without an answer of its own, and can't be told so. */
  #fails(code: ProxyErrorCode): void {
    this.#order.edge.counts.error(code);
    this.#order.trail.failed(code, { isSent: false });
  }

  #finish(): void {
    this.#order.edge.counts.latency(this.#runtime.now() - this.#startedAt);
    this.#end();
    this.#client.done({ keep: !this.#reply.close });
  }

  #end(): void {
    if (this.#state === 'over') return;
    if (this.#state === 'held') this.#order.service.door.leave(this);
    this.#state = 'over';
    this.#admission.leave(this);
    this.#order.edge.counts.inFlight--;
    this.#runtime.stats.inFlight--;
    this.#runtime.recorder.end(this.#order.trail, this.#runtime.now());
  }
}

/** What the proxy adds to a response: the id by which it can be asked for, and an explanation for whoever may see it. */
function ownFields({ hasRequestId }: ResponseHead, trail: Trail): string {
  const id = hasRequestId ? '' : `x-request-id: ${trail.start.id}\r\n`;
  return trail.start.asked ? `${id}x-islet-explain: ${trail.text}\r\n` : id;
}

function whyOf({ why, message }: ProxyError, rule: TrafficRule, policy: TrafficSpec): string {
  const value = ruleValue(rule, policy);
  return why ?? (value === undefined ? message : `${message}: ${value}`);
}
