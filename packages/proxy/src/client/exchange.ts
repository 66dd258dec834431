import type { Hold } from '@islet/policy';
import { ProxyError } from '../errors.ts';
import type { Waiter } from '../guards.ts';
import type { Field } from '../http/fields.ts';
import type { ResponseHead } from '../http/response-head.ts';
import type { Runtime } from '../runtime.ts';
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
    this.#startedAt = runtime.now();
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
    this.#order.edge.decided('scale.zero.hold');
    this.#call.patience.onOpened(this.#runtime.now());
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
    const { request, edge } = this.#order;
    const tooLarge = this.#sizes?.refuseResponse(head);
    if (tooLarge !== undefined) {
      this.#breakOff(tooLarge);
      return;
    }
    this.#admission.answered(head.status);
    this.#state = 'responding';
    edge.counts.status(head.status);
    const close = request.fields.close || !this.#call.isSent || this.#client.leaving;
    this.#reply.addHead(head, { close });
  }

  onBody(bytes: Buffer): void {
    if (this.#state === 'over') return;
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
    this.#order.edge.counts.error('client-gone');
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
    if (this.#state === 'held') this.#order.service.door.leave(this);
    this.#state = 'over';
    this.#admission.leave(this);
    this.#order.edge.counts.inFlight--;
    this.#runtime.stats.inFlight--;
  }
}
