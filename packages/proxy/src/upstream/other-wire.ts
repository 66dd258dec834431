import type { Field } from '../http/fields.ts';
import type { RequestMessage, ResponseUser, Wire } from './wire.ts';

/** Passes everything on; what is made of it differs in one thing. */
export class OtherWire implements Wire {
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
