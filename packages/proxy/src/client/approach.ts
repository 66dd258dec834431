import type { Hold } from '@islet/policy';
import type { Follower, Landing } from '../cache/flights.ts';
import type { ProxyError } from '../errors.ts';
import type { Waiter } from '../guards.ts';
import type { Runtime } from '../runtime.ts';
import type { Held } from '../upstream/doorstep.ts';
import { isEmpty } from '../upstream/warm.ts';
import type { Admission } from './admission.ts';
import type { Cached, Look } from './cached.ts';
import type { Call } from './call.ts';
import type { ExchangeClient } from './exchange-client.ts';
import type { ExchangeOrder } from './exchange-order.ts';
import { DOOR_FULL, NEVER_STARTED, NOT_CACHED, PUSHED_OUT, RESPONSE_TIMEOUT, WAITED } from './failures.ts';
import type { Sizes } from './sizes.ts';

/** The exchange that the request is of, and who learns of it where it is not let through. */
export interface ApproachUser {
  readonly order: ExchangeOrder;
  readonly runtime: Runtime;
  readonly client: Pick<ExchangeClient, 'deadlineAt'>;
  readonly sizes: Sizes | undefined;
  readonly cached: Cached | undefined;
  readonly admission: Admission;
  readonly call: Call;
  onNoAnswer(error: ProxyError): void;
  /** What is stored will do. */
  onStored(look: Extract<Look, { kind: 'answer' }>): void;
}

/**
 * The way of a request to its call: its size → what is stored → the door of a service that starts → its place. At each of
 * the last three it may have to wait; it waits no longer than its caller would.
 */
export class Approach implements Waiter, Follower, Held {
  readonly #user: ApproachUser;
  #state: 'going' | 'following' | 'held' | 'waiting' | 'over' = 'going';

  #waitsSince = 0;

  constructor(user: ApproachUser) {
    this.#user = user;
  }

  get isWaiting(): boolean {
    return this.#state === 'following' || this.#state === 'held' || this.#state === 'waiting';
  }

  begin(): void {
    const { order, sizes, cached } = this.#user;
    const tooLarge = sizes?.refuseRequest(order.request);
    if (tooLarge !== undefined) this.#user.onNoAnswer(tooLarge);
    else if (cached !== undefined) this.#follow(cached, cached.look(this));
    else this.#knock();
  }

  /** What it waited for, another request has brought, or not. */
  onLanded(landing: Landing): void {
    const { cached } = this.#user;
    if (this.#state !== 'following' || cached === undefined) return;
    this.#goOn();
    this.#follow(cached, cached.look(this, landing));
  }

  /** The service has its first instance. */
  onOpened(): void {
    const { order, call, runtime } = this.#user;
    this.#goOn();
    const now = runtime.now();
    const heldMs = Math.round(now - order.trail.start.startedAt);
    order.trail.waited(heldMs);
    order.trail.decided('scale.zero.hold', `held for ${heldMs} ms until an instance was there`, now);
    call.patience.onOpened(now);
    this.#enter();
  }

  /** Its turn has come. */
  onPlace(): void {
    const { admission, order, runtime } = this.#user;
    admission.placed();
    order.trail.waited(runtime.now() - this.#waitsSince);
    this.#goOn();
    this.#user.call.startSoon();
  }

  onRoom(): void {
    this.#user.admission.callNext();
  }

  onPushedOut(): void {
    this.#user.onNoAnswer(PUSHED_OUT);
  }

  /** What to answer, since it has waited too long. */
  get overdue(): ProxyError {
    const error = this.#state === 'held' ? NEVER_STARTED : this.#state === 'following' ? RESPONSE_TIMEOUT : WAITED;
    return this.#user.call.patience.overdue(this.#user.runtime.now()) ?? error;
  }

  /** It is over, whatever it came to. */
  leave(): void {
    if (this.#state === 'held') this.#user.order.service.door.leave(this);
    this.#state = 'over';
    this.#user.admission.leave(this);
  }

  #follow(cached: Cached, look: Look): void {
    const { call } = this.#user;
    switch (look.kind) {
      case 'answer':
        this.#user.onStored(look);
        break;
      case 'wait':
        this.#wait('following', this.#patientUntil);
        break;
      case 'only-if-cached':
        this.#user.onNoAnswer(NOT_CACHED);
        break;
      case 'ask':
        call.ask(cached.order);
        this.#knock();
    }
  }

  #knock(): void {
    const { service } = this.#user.order;
    if (service.hold === undefined || !isEmpty(service)) this.#enter();
    else this.#waitAtDoor(service.hold);
  }

  /** Its service was scaled to none: its first instance starts. */
  #waitAtDoor(hold: Hold): void {
    const { order, runtime, call } = this.#user;
    const now = runtime.now();
    this.#wait('held', Math.min(now + hold.maxMs, call.patience.callersDeadline));
    if (!order.service.door.tryWait(this, now, hold)) this.#user.onNoAnswer(DOOR_FULL);
  }

  #enter(): void {
    const { admission, call } = this.#user;
    const entrance = admission.enter(this);
    if (entrance.kind === 'go') call.start();
    else if (entrance.kind === 'refused') this.#user.onNoAnswer(entrance.error);
    else {
      this.#wait('waiting', Math.min(entrance.until, this.#patientUntil));
      entrance.pushedOut?.onPushedOut();
    }
  }

  #wait(state: 'following' | 'held' | 'waiting', until: number): void {
    this.#state = state;
    this.#waitsSince = this.#user.runtime.now();
    this.#user.client.deadlineAt = until;
  }

  #goOn(): void {
    this.#state = 'going';
    this.#user.client.deadlineAt = Number.POSITIVE_INFINITY;
  }

  get #patientUntil(): number {
    const { call, runtime } = this.#user;
    return call.patience.decideBy(runtime.now(), 'request');
  }
}
