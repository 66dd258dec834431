import { connect, type Socket } from 'node:net';
import type { Clock } from '../clock.ts';
import { ProxyError } from '../errors.ts';
import type { Field } from '../http/fields.ts';
import { ResponseReader } from '../http/response-reader.ts';
import { LIMITS } from '../limits.ts';
import { ReadBuffer, SHARED_RAW } from './read-buffers.ts';
import { RequestWriter } from './request-writer.ts';
import type { Gone, RequestMessage, ResponseUser, Wire, WireUser } from './wire.ts';

/** Reads plain bytes: after a 101, or where HTTP was never spoken. A view is only valid during the call. */
export interface RawUser extends WireUser {
  onRaw(bytes: Buffer): void;
  /** The instance will send no more. */
  onRawEnd(): void;
}

export interface UpstreamOptions {
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
  /** Its instance has ended it while it was kept. */
  readonly onIdleEnd: (connection: UpstreamConnection) => void;
}

/** One HTTP/1.1 connection to an instance. It serves one user at a time. */
export class UpstreamConnection implements Wire {
  readonly socket: Socket;
  used = false;
  idleSince = 0;
  open = false;
  gone = false;
  #user: WireUser | undefined;
  #responses: ResponseUser | undefined;
  #raw: RawUser | undefined;
  #answering = false;
  readonly #buffer = new ReadBuffer();
  /** What the socket reads into now. */
  #into: Buffer = this.#buffer.current;
  readonly #reader = new ResponseReader();
  readonly #writer: RequestWriter;
  readonly #clock: Clock;
  readonly #onIdleEnd: (connection: UpstreamConnection) => void;

  constructor({ host, port, clock, onIdleEnd }: UpstreamOptions) {
    this.#clock = clock;
    this.#onIdleEnd = onIdleEnd;
    this.socket = connect({
      host,
      port,
      noDelay: true,
      allowHalfOpen: true,
      autoSelectFamily: false,
      onread: { buffer: () => this.#nextBuffer(), callback: (count) => this.#onBytes(count) },
    });
    this.#writer = new RequestWriter(this.socket);
    this.socket.once('connect', () => this.#onOpen());
    this.socket.on('end', () => this.#onEnd());
    this.socket.on('error', () => this.#goneFor(this.open ? 'closed' : 'refused'));
    this.socket.on('close', () => this.#goneFor(this.open ? 'closed' : 'refused'));
    this.socket.on('drain', () => this.#user?.onDrain());
  }

  use(user: ResponseUser): void {
    this.#user = user;
    this.#responses = user;
  }

  /** Passes bytes on without reading them as HTTP, for the rest of its life. */
  useRaw(user: RawUser): void {
    this.#user = user;
    this.#responses = undefined;
    this.#raw = user;
  }

  get connection(): UpstreamConnection {
    return this;
  }

  send(message: RequestMessage): boolean {
    this.#answering = false;
    const { method, fields } = message.request;
    this.#reader.expect(method, fields.expectsContinue);
    return this.#writer.begin(message);
  }

  write(bytes: Buffer): boolean {
    return this.#writer.write(bytes);
  }

  end(trailers: readonly Field[]): void {
    this.#writer.end(trailers);
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  get answering(): boolean {
    return this.#answering;
  }

  /** Whether it may be kept for another request: not where a part of the last one has still to go out. */
  get reusable(): boolean {
    return (
      this.socket.writableLength === 0 &&
      this.open &&
      !this.gone &&
      this.#raw === undefined &&
      this.#reader.keepAliveMs !== 0
    );
  }

  rest(now: number): void {
    this.#letGo();
    this.used = true;
    this.idleSince = now;
  }

  /** Whether a request may still be sent over it, after the time it has been idle. */
  fit(now: number, { once }: { readonly once: boolean }): boolean {
    const told = this.#reader.keepAliveMs;
    const margin = told === undefined ? 0 : Math.min(LIMITS.keepAliveMarginMs, told / 2);
    const limit = told === undefined && once ? LIMITS.upstreamIdleForOnceMs : LIMITS.upstreamIdleMs;
    return !this.gone && now - this.idleSince <= Math.min(limit, (told ?? Number.POSITIVE_INFINITY) - margin);
  }

  destroy(): void {
    this.#leave();
    this.socket.destroy();
  }

  /** Its instance is told that what it has got is not all. */
  breakOff(): void {
    this.#leave();
    this.socket.resetAndDestroy();
  }

  #onOpen(): void {
    this.open = true;
    this.#user?.onOpen();
  }

  #onBytes(count: number): boolean {
    const holds = this.#clock.hold();
    try {
      if (this.#raw !== undefined) this.#raw.onRaw(this.#into.subarray(0, count));
      else if (this.#responses !== undefined) this.#readResponse(this.#responses, count);
      else this.#endIdle();
    } catch (thrown) {
      this.#goneFor('bad-response', ProxyError.from(thrown));
    } finally {
      if (holds) this.#clock.release();
    }
    return true;
  }

  #nextBuffer(): Buffer {
    this.#into = this.#raw === undefined ? this.#buffer.current : SHARED_RAW;
    return this.#into;
  }

  #readResponse(user: ResponseUser, count: number): void {
    this.#answering = true;
    const at = this.#reader.read(this.#into, 0, count, user);
    const isOver = this.#reader.isOver;
    const isFree = user.onFlush();
    this.#buffer.afterRead(count, { isOver, isFree });
    // Only a 101 leaves bytes over, and its user has handed the connection to a tunnel by now.
    if (at < count) this.#raw?.onRaw(this.#into.subarray(at, count));
  }

  #onEnd(): void {
    if (this.#raw !== undefined) this.#raw.onRawEnd();
    else if (this.#responses !== undefined) this.#endResponse(this.#responses);
    else this.#endIdle();
  }

  #endResponse(user: ResponseUser): void {
    if (this.#reader.end(user)) user.onFlush();
    else this.#goneFor('closed');
  }

  #endIdle(): void {
    this.destroy();
    this.#onIdleEnd(this);
  }

  #goneFor(why: Gone, error?: ProxyError): void {
    if (this.gone) return;
    const user = this.#user;
    this.destroy();
    if (user === undefined) this.#onIdleEnd(this);
    else user.onGone(why, error);
  }

  #leave(): void {
    this.gone = true;
    this.#buffer.end();
    this.#letGo();
  }

  #letGo(): void {
    this.#user = undefined;
    this.#responses = undefined;
    this.#raw = undefined;
  }
}
