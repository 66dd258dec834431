import type { Socket } from 'node:net';
import { closeFrame, WebSocketFrames } from '../http/websocket-frames.ts';
import type { RawUser, UpstreamConnection } from '../upstream/connection.ts';
import type { LongLived } from '../upstream/endpoint.ts';
import { breakOff } from './accepted.ts';

export interface TunnelOptions {
  readonly client: Socket;
  readonly connection: UpstreamConnection;
  readonly now: () => number;
  readonly idleMs: number;
  /** Its frames are followed, so that its client can be told to go. */
  readonly isWebSocket: boolean;
  /** Nothing has flowed for too long: it ends. */
  readonly onIdle: (why: string) => void;
  /** Told once, when nothing flows any more. */
  readonly onEnd: () => void;
}

/**
 * Bytes in both directions, passed on as they are: after an upgrade, or for a service that doesn't speak HTTP. Each side
 * is paused while the other can't take more, and each side's end is passed on alone, so that the other can finish. A side that
 * breaks off is broken off for the other too: an orderly end would say that what has come is all there is.
 *
 * The client of a WebSocket whose instance or listener goes is sent a close frame between two messages. It answers with
 * its own, which goes to the instance, which ends the connection: the usual handshake, begun by the proxy.
 */
export class Tunnel implements RawUser, LongLived {
  readonly #client: Socket;
  readonly #connection: UpstreamConnection;
  readonly #now: () => number;
  readonly #idleMs: number;
  readonly #onIdle: TunnelOptions['onIdle'];
  readonly #onEnd: () => void;
  readonly #frames: WebSocketFrames | undefined;
  #goodbye: 'none' | 'due' | 'said' = 'none';
  #clientEnded = false;
  #instanceEnded = false;
  #over = false;
  deadlineAt: number;

  constructor({ client, connection, now, idleMs, isWebSocket, onIdle, onEnd }: TunnelOptions) {
    this.#client = client;
    this.#connection = connection;
    this.#now = now;
    this.#idleMs = idleMs;
    this.#onIdle = onIdle;
    this.#onEnd = onEnd;
    this.#frames = isWebSocket ? new WebSocketFrames() : undefined;
    this.deadlineAt = now() + idleMs;
    connection.useRaw(this);
  }

  goAway(): void {
    if (this.#frames === undefined || this.#goodbye !== 'none' || this.#over) return;
    if (this.#frames.isBetweenMessages) this.#sayGoodbye();
    else this.#goodbye = 'due';
  }

  onClientBytes(bytes: Buffer): void {
    this.#touch();
    // The view is of a shared read buffer, and the write may have to wait.
    if (!this.#connection.socket.write(Buffer.from(bytes))) this.#client.pause();
  }

  onClientEnd(): void {
    this.#clientEnded = true;
    this.#connection.socket.end();
  }

  onClientDrain(): void {
    this.#connection.socket.resume();
  }

  onClientGone(): void {
    if (this.#clientEnded && this.#instanceEnded) this.#connection.socket.end();
    else this.#connection.breakOff();
    this.#end();
  }

  onDeadline(): void {
    this.#onIdle(`nothing came from either side for ${this.#idleMs} ms`);
    this.#connection.destroy();
    this.#client.destroy();
    this.#end();
  }

  onOpen(): void {
    this.#touch();
  }

  onRaw(bytes: Buffer): void {
    // After a close frame nothing may follow (RFC 6455, 5.5.1): what the instance still sends would break the handshake.
    if (this.#goodbye === 'said') return;
    this.#touch();
    const end = this.#frames?.read(bytes);
    const isLast = this.#goodbye === 'due' && end !== undefined;
    // The view is of the shared read buffer, and the write may have to wait.
    const passed = Buffer.from(isLast ? bytes.subarray(0, end) : bytes);
    if (!this.#client.write(passed)) this.#connection.socket.pause();
    if (isLast) this.#sayGoodbye();
  }

  onRawEnd(): void {
    this.#instanceEnded = true;
    this.#client.end();
  }

  onDrain(): void {
    this.#client.resume();
  }

  onGone(): void {
    if (this.#instanceEnded) this.#client.end();
    else breakOff(this.#client);
    this.#end();
  }

  #sayGoodbye(): void {
    this.#goodbye = 'said';
    if (this.#client.writable) this.#client.write(GOING_AWAY);
  }

  #touch(): void {
    this.deadlineAt = this.#now() + this.#idleMs;
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#onEnd();
  }
}

/** RFC 6455, 7.4.1: an endpoint is going away. */
const GOING_AWAY = closeFrame(1001, 'going away, connect again');
