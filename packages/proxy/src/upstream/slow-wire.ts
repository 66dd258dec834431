import type { ProxyError } from '../errors.ts';
import type { Field } from '../http/fields.ts';
import type { ResponseHead } from '../http/response-head.ts';
import { OtherWire } from './other-wire.ts';
import type { Gone, RequestMessage, ResponseUser, Wire } from './wire.ts';

/**
 * The request goes out at once; what comes back is not told before its time. It is not read either, as far as the wire can help it:
 * a stream of HTTP/2 that is paused still brings its head, and one that has nothing but a head its end.
 */
export class SlowWire extends OtherWire implements ResponseUser {
  readonly #delayMs: number;
  #user: ResponseUser | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #come: (() => void)[] = [];

  constructor(inner: Wire, delayMs: number) {
    super(inner);
    this.#delayMs = delayMs;
  }

  override get answering(): boolean {
    return this.#timer === undefined && this.inner.answering;
  }

  override use(user: ResponseUser): void {
    this.#user = user;
    this.inner.use(this);
  }

  override send(message: RequestMessage): boolean {
    const sent = super.send(message);
    this.inner.pause();
    this.#timer = setTimeout(() => this.#letGo(), this.#delayMs);
    return sent;
  }

  override resume(): void {
    if (this.#timer === undefined) this.inner.resume();
  }

  override destroy(): void {
    clearTimeout(this.#timer);
    this.#user = undefined;
    this.#come.length = 0;
    this.inner.destroy();
  }

  onOpen(): void {
    this.#user?.onOpen();
  }

  onDrain(): void {
    this.#user?.onDrain();
  }

  onSilent(): void {
    this.#user?.onSilent();
  }

  onInformational(head: ResponseHead): void {
    this.#tell(() => this.#user?.onInformational(head));
  }

  onHead(head: ResponseHead): void {
    this.#tell(() => this.#user?.onHead(head));
  }

  onBody(bytes: Buffer): void {
    if (this.#timer === undefined) this.#user?.onBody(bytes);
    else {
      const kept = Buffer.from(bytes);
      this.#tell(() => this.#user?.onBody(kept));
    }
  }

  onBodyEnd(trailers: readonly Field[]): void {
    this.#tell(() => this.#user?.onBodyEnd(trailers));
  }

  onFlush(): boolean {
    if (this.#timer === undefined) return this.#user?.onFlush() ?? true;
    this.#come.push(() => this.#user?.onFlush());
    return true;
  }

  /** One that answers nothing is known at once, as without the fault. */
  onGone(why: Gone, error: ProxyError | undefined): void {
    if (this.#come.length === 0) this.#user?.onGone(why, error);
    else this.#tell(() => this.#user?.onGone(why, error));
  }

  #tell(what: () => void): void {
    if (this.#timer === undefined) what();
    else this.#come.push(what);
  }

  #letGo(): void {
    this.#timer = undefined;
    for (const what of this.#come.splice(0)) what();
    if (this.#user !== undefined) this.inner.resume();
  }
}
