import type { Fault } from '@islet/policy';
import type { Field } from '../http/fields.ts';
import type { ResponseHead } from '../http/response-head.ts';
import type { RequestMessage, ResponseUser, Wire } from './wire.ts';

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

/** Passes everything on; those that follow differ in one thing each. */
class OtherWire implements Wire {
  protected readonly inner: Wire;

  constructor(inner: Wire) {
    this.inner = inner;
  }

  get open(): boolean {
    return this.inner.open;
  }

  get answering(): boolean {
    return this.inner.answering;
  }

  get used(): boolean {
    return this.inner.used;
  }

  get connection(): Wire['connection'] {
    return this.inner.connection;
  }

  get reusable(): boolean {
    return this.inner.reusable;
  }

  use(user: ResponseUser): void {
    this.inner.use(user);
  }

  send(message: RequestMessage): boolean {
    return this.inner.send(message);
  }

  write(bytes: Buffer): boolean {
    return this.inner.write(bytes);
  }

  end(trailers: readonly Field[]): void {
    this.inner.end(trailers);
  }

  pause(): void {
    this.inner.pause();
  }

  resume(): void {
    this.inner.resume();
  }

  destroy(): void {
    this.inner.destroy();
  }
}

/** The request goes out at once; what comes back is not read before its time. */
class SlowWire extends OtherWire {
  readonly #delayMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(inner: Wire, delayMs: number) {
    super(inner);
    this.#delayMs = delayMs;
  }

  override send(message: RequestMessage): boolean {
    const sent = super.send(message);
    this.inner.pause();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.inner.resume();
    }, this.#delayMs);
    return sent;
  }

  override resume(): void {
    if (this.#timer === undefined) this.inner.resume();
  }

  override destroy(): void {
    clearTimeout(this.#timer);
    this.inner.destroy();
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
  upgrade: undefined,
  hasRequestId: false,
  streams: false,
  retryAfter: undefined,
  grpcStatus: undefined,
  grpcPushback: undefined,
  passed: '',
};
