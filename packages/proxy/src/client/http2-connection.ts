import type { Socket } from 'node:net';
import type { Waiting } from '../deadlines.ts';
import { Http2RequestParser } from '../http/http2-request.ts';
import { HTTP2_CODES } from '../http2/http2-error.ts';
import { Session } from '../http2/session.ts';
import type { SessionUser } from '../http2/session-user.ts';
import type { SessionStream, StreamUser } from '../http2/stream.ts';
import { LIMITS } from '../limits.ts';
import type { Accepted, Incoming, Surroundings } from './accepted.ts';
import { Http2Stream, type StreamOptions } from './http2-stream.ts';
import { placingOf } from './place-order.ts';
import { readShared } from './shared-read.ts';

/** A client's connection that carries many requests at once, each of them a stream. */
export class Http2Connection implements Accepted, SessionUser, Waiting {
  readonly socket: Socket;
  deadlineAt: number;
  readonly #surroundings: Surroundings;
  readonly #session: Session;
  readonly #streamOptions: StreamOptions;
  /** When the client's acknowledgement of our settings is due. */
  readonly #settleBy: number;
  #leaving = false;

  constructor({ socket, clientAddress, secure }: Incoming, surroundings: Surroundings) {
    const { runtime } = surroundings;
    this.#surroundings = surroundings;
    const placing = placingOf({ clientAddress, secure, protocol: 'http/2' }, surroundings);
    this.#streamOptions = { surroundings, placing, parser: new Http2RequestParser() };
    this.socket = readShared(socket, this);
    this.#settleBy = runtime.now() + LIMITS.requestHeadTimeoutMs;
    this.deadlineAt = this.#settleBy;
    runtime.deadlines.add(this);
    this.#session = new Session({ role: 'server', socket: this.socket, user: this, now: runtime.now });
    this.socket.on('drain', () => this.#session.onDrain());
    this.socket.on('error', () => this.socket.destroy());
    // A client of HTTP/2 that sends no more can't take much either: not a window is opened again.
    this.socket.on('end', () => this.socket.destroy());
    this.socket.on('close', () => this.#onSocketClose());
  }

  /**
   * Says goodbye twice (RFC 9113, 6.8): first that no new requests should be sent, then, once the client had time to hear
   * it, which was the last one. Between the two nothing is refused.
   */
  endWhenIdle(): void {
    if (this.#leaving) return;
    this.#leaving = true;
    this.#session.goodbye();
    setTimeout(() => this.#session.close(), LIMITS.http2GoodbyeMs).unref();
  }

  onDeadline(): void {
    const { streams, acknowledged, deaf } = this.#session;
    this.deadlineAt = Number.POSITIVE_INFINITY;
    if (deaf) this.socket.destroy();
    else if (streams.size === 0) this.#session.close();
    else if (!acknowledged) this.#session.destroy(HTTP2_CODES.settingsTimeout);
  }

  onStream(stream: SessionStream): StreamUser {
    this.deadlineAt = this.#session.acknowledged ? Number.POSITIVE_INFINITY : this.#settleBy;
    return new Http2Stream(stream, this.#streamOptions);
  }

  onStreamEnd(left: number): void {
    if (left === 0) this.deadlineAt = this.#surroundings.runtime.now() + LIMITS.clientIdleMs;
  }

  onSettings(): void {
    // What a client allows is kept to by the session.
  }

  onGoaway(): void {
    // The session ends once the last stream has.
  }

  /** What still comes is dropped for a moment: a reset at once could destroy what the client is told on its way. */
  onClose(cause: unknown): void {
    if (cause !== undefined) this.#surroundings.runtime.stats.unexpected++;
    this.deadlineAt = this.#surroundings.runtime.now() + LIMITS.lingerMs;
  }

  onRead(bytes: Buffer): void {
    const { clock } = this.#surroundings.runtime;
    const holds = clock.hold();
    this.#session.read(bytes);
    if (holds) clock.release();
  }

  #onSocketClose(): void {
    this.#session.onSocketClose();
    this.#surroundings.runtime.deadlines.delete(this);
    this.#surroundings.onClose(this);
  }
}
