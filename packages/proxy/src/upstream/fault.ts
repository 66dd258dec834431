import type { Fault } from '@islet/policy';
import type { ResponseHead } from '../http/response-head.ts';
import { OtherWire } from './other-wire.ts';
import { SlowWire } from './slow-wire.ts';
import type { ResponseUser, Wire } from './wire.ts';

/** A fault of the table, on the clock of the data plane. */
export interface FaultState extends Omit<Fault, 'until'> {
  readonly until: number;
}

/** Whether it happens to a request that is sent to this instance now. */
export function strikes(
  fault: FaultState,
  { instance, now, dice }: { readonly instance: string; readonly now: number; readonly dice: () => number },
): boolean {
  return fault.instance === instance && now < fault.until && dice() * 100 < fault.percent;
}

/** The wire as it is under the fault: to whoever uses it, the instance itself does this. */
export function faulty(fault: FaultState, wire: Wire): Wire {
  switch (fault.kind) {
    case 'slow':
      return new SlowWire(wire, fault.delayMs);
    case 'errors':
      return new FailingWire(wire);
    case 'partition':
      return new CutWire(wire);
  }
}

/** Answers for the instance, which hears nothing of it. */
class FailingWire extends OtherWire {
  #user: ResponseUser | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  override get open(): boolean {
    return true;
  }

  override get answering(): boolean {
    return this.#ended;
  }

  override get used(): boolean {
    return false;
  }

  override get reusable(): boolean {
    return false;
  }

  override use(user: ResponseUser): void {
    this.#user = user;
  }

  override send(): boolean {
    this.#timer = setTimeout(() => this.#answer(), 0);
    return true;
  }

  override write(): boolean {
    return true;
  }

  override end(): void {}

  override pause(): void {}

  override resume(): void {}

  override destroy(): void {
    this.#user = undefined;
    clearTimeout(this.#timer);
    this.inner.destroy();
  }

  #answer(): void {
    this.#ended = true;
    this.#user?.onHead(INJECTED);
    this.#user?.onBodyEnd([]);
    this.#user?.onFlush();
  }
}

/** Nothing gets through: not even a refusal. */
class CutWire extends OtherWire {
  override get open(): boolean {
    return false;
  }

  override use(): void {}
}

const INJECTED: ResponseHead = {
  status: 500,
  reason: 'Injected By A Drill',
  framing: { kind: 'length', length: 0 },
  toldLength: undefined,
  keepAliveMs: 0,
  http10: false,
  upgrade: undefined,
  hasRequestId: false,
  streams: false,
  events: false,
  announcesTrailers: false,
  retryAfter: undefined,
  grpcStatus: undefined,
  grpcPushback: undefined,
  passed: '',
};
