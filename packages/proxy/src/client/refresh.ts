import { wholeFields } from '../cache/request.ts';
import type { Waiting } from '../deadlines.ts';
import { Trail } from '../record/trail.ts';
import type { Runtime } from '../runtime.ts';
import { Exchange } from './exchange.ts';
import type { ExchangeClient } from './exchange-client.ts';
import type { ExchangeOrder } from './exchange-order.ts';
import type { Reply } from './reply.ts';

/** Asks the service anew for what is stored and has passed its time. */
export function refresh(order: ExchangeOrder, runtime: Runtime): void {
  const request = { ...order.request, method: 'GET', fields: wholeFields(order.request.fields) };
  const nobody = new Nobody(runtime);
  const trail = new Trail({ ...order.trail.start, startedAt: runtime.now(), counts: undefined, asked: false });
  nobody.ask({ ...order, request, trail, callerHasMs: undefined, idempotent: true, refreshes: true });
}

/** A client that is not there: what comes is kept by the cache. */
class Nobody implements ExchangeClient, Waiting {
  readonly socket = undefined;
  readonly leaving = false;
  deadlineAt = Number.POSITIVE_INFINITY;
  readonly #runtime: Runtime;
  #exchange: Exchange | undefined;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  ask(order: ExchangeOrder): void {
    this.#runtime.deadlines.add(this);
    this.#exchange = new Exchange(order, this, this.#runtime);
    this.#exchange.begin();
  }

  replyTo(): Reply {
    return NO_REPLY;
  }

  onDeadline(): void {
    this.#exchange?.onDeadline();
  }

  answer(): void {
    this.done();
  }

  done(): void {
    this.#runtime.deadlines.delete(this);
  }

  cut(): void {
    this.done();
  }

  become(): void {
    this.done();
  }

  pauseBody(): void {}

  resumeBody(): void {}
}

/** What comes is kept by the cache, and goes nowhere else. */
const NO_REPLY: Reply = {
  close: false,
  addInformational() {},
  addSwitch() {},
  addHead() {},
  addBody() {},
  addEnd() {},
  flush: () => true,
};
