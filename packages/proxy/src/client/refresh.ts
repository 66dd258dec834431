import type { Waiting } from '../deadlines.ts';
import type { Runtime } from '../runtime.ts';
import { Exchange } from './exchange.ts';
import type { ExchangeClient } from './exchange-client.ts';
import type { ExchangeOrder } from './exchange-order.ts';
import type { Reply } from './reply.ts';

/** Asks the service anew for what is stored and has passed its time: an exchange that nobody waits for. */
export class Refresh implements ExchangeClient, Waiting {
  readonly socket = undefined;
  readonly leaving = false;
  deadlineAt = Number.POSITIVE_INFINITY;
  readonly #runtime: Runtime;
  readonly #exchange: Exchange;

  constructor(order: ExchangeOrder, runtime: Runtime) {
    this.#runtime = runtime;
    runtime.deadlines.add(this);
    this.#exchange = new Exchange({ ...order, callerHasMs: undefined, refreshes: true }, this, runtime);
    this.#exchange.begin();
  }

  replyTo(): Reply {
    return NO_REPLY;
  }

  onDeadline(): void {
    this.#exchange.onDeadline();
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
