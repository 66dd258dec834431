import { connect, type Socket } from 'node:net';
import { ProxyError } from '../errors.ts';
import type { ResponseHead } from '../http/response-head.ts';
import { ResponseReader, type ResponseSink } from '../http/response-reader.ts';
import { LIMITS } from '../limits.ts';

/** Why a connection is gone. */
export type Gone = 'refused' | 'closed' | 'bad-response';

/** Who uses the connection now. */
export interface ConnectionUser {
  onOpen(): void;
  onDrain(): void;
  onGone(why: Gone, error: ProxyError | undefined): void;
}

/** Reads responses. Bytes are views, valid only until `onFlush` returns. */
export interface ResponseUser extends ConnectionUser, ResponseSink {
  /** All that one read brought has been told. */
  onFlush(): void;
}

/** Reads plain bytes: after a 101, or where HTTP was never spoken. A view is only valid during the call. */
export interface RawUser extends ConnectionUser {
  onRaw(bytes: Buffer): void;
  /** The instance will send no more. */
  onRawEnd(): void;
}

/**
 * All instances' sockets are read into this one buffer: whoever gets a view of it copies what it keeps before it returns.
 * One buffer stays in the processor's cache, where one per read would be allocated and thrown away.
 */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

/** One connection to an instance. It serves one user at a time. */
export class UpstreamConnection {
  readonly socket: Socket;
  /** Requests that were answered over it. */
  served = 0;
  idleSince = 0;
  open = false;
  gone = false;
  #user: ConnectionUser | undefined;
  #responses: ResponseUser | undefined;
  #raw: RawUser | undefined;
  #answering = false;
  #keepAliveMs: number | undefined;
  readonly #reader = new ResponseReader();
  readonly #onIdleEnd: (connection: UpstreamConnection) => void;

  constructor(address: { readonly host: string; readonly port: number }, onIdleEnd: (it: UpstreamConnection) => void) {
    this.#onIdleEnd = onIdleEnd;
    this.socket = connect({
      ...address,
      noDelay: true,
      allowHalfOpen: true,
      autoSelectFamily: false,
      onread: { buffer: READ_BUFFER, callback: (count) => this.#onBytes(count) },
    });
    this.socket.once('connect', () => this.#onOpen());
    this.socket.on('end', () => this.#onEnd());
    this.socket.on('error', () => this.#goneFor(this.open ? 'closed' : 'refused'));
    this.socket.on('close', () => this.#goneFor(this.open ? 'closed' : 'refused'));
    this.socket.on('drain', () => this.#user?.onDrain());
  }

  /** Lends it to whoever will send a request. */
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

  expect(method: string): void {
    this.#answering = false;
    this.#reader.expect(method);
  }

  /** Whether a byte of the response to the current request has come. */
  get answering(): boolean {
    return this.#answering;
  }

  /** Takes the response's word for how long the connection lives. */
  noteHead(head: ResponseHead): void {
    this.#keepAliveMs = head.keepAliveMs;
  }

  /** Whether it may be kept for another request: not where a part of the last one has still to go out. */
  get reusable(): boolean {
    return (
      this.socket.writableLength === 0 && this.open && !this.gone && this.#raw === undefined && this.#keepAliveMs !== 0
    );
  }

  rest(now: number): void {
    this.#letGo();
    this.served++;
    this.idleSince = now;
  }

  /** Whether a request may still be sent over it, after the time it has been idle. */
  fit(now: number, { once }: { readonly once: boolean }): boolean {
    const told = this.#keepAliveMs;
    const margin = told === undefined ? 0 : Math.min(LIMITS.keepAliveMarginMs, told / 2);
    const limit = told === undefined && once ? LIMITS.upstreamIdleForOnceMs : LIMITS.upstreamIdleMs;
    return !this.gone && now - this.idleSince <= Math.min(limit, (told ?? Number.POSITIVE_INFINITY) - margin);
  }

  /** Gives it up; its user hears nothing of it. */
  destroy(): void {
    this.gone = true;
    this.#letGo();
    this.socket.destroy();
  }

  #onOpen(): void {
    this.open = true;
    this.#user?.onOpen();
  }

  #onBytes(count: number): boolean {
    try {
      if (this.#raw !== undefined) this.#raw.onRaw(READ_BUFFER.subarray(0, count));
      else if (this.#responses !== undefined) this.#readResponse(this.#responses, count);
      else this.#endIdle();
    } catch (thrown) {
      this.#goneFor('bad-response', ProxyError.from(thrown));
    }
    return true;
  }

  #readResponse(user: ResponseUser, count: number): void {
    this.#answering = true;
    const at = this.#reader.read(READ_BUFFER, 0, count, user);
    user.onFlush();
    // Only a 101 leaves bytes over, and its user has handed the connection to a tunnel by now.
    if (at < count) this.#raw?.onRaw(READ_BUFFER.subarray(at, count));
  }

  #onEnd(): void {
    if (this.#raw !== undefined) this.#raw.onRawEnd();
    else if (this.#responses !== undefined) this.#endResponse(this.#responses);
    else this.#endIdle();
  }

  #endResponse(user: ResponseUser): void {
    this.#keepAliveMs = 0;
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

  #letGo(): void {
    this.#user = undefined;
    this.#responses = undefined;
    this.#raw = undefined;
  }
}
