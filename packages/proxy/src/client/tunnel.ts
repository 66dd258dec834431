import type { Socket } from 'node:net';
import type { RawUser, UpstreamConnection } from '../upstream/connection.ts';

export interface TunnelOptions {
  readonly client: Socket;
  readonly connection: UpstreamConnection;
  readonly now: () => number;
  readonly idleMs: number;
  /** Told once, when nothing flows any more. */
  readonly onEnd: () => void;
}

/**
 * Bytes in both directions, not looked at: after an upgrade, or for a service that doesn't speak HTTP. Each side is
 * paused while the other can't take more, and each side's end is passed on alone, so that the other can finish.
 */
export class Tunnel implements RawUser {
  readonly #client: Socket;
  readonly #connection: UpstreamConnection;
  readonly #now: () => number;
  readonly #idleMs: number;
  readonly #onEnd: () => void;
  #clientEnded = false;
  #instanceEnded = false;
  #over = false;
  deadlineAt: number;

  constructor({ client, connection, now, idleMs, onEnd }: TunnelOptions) {
    this.#client = client;
    this.#connection = connection;
    this.#now = now;
    this.#idleMs = idleMs;
    this.#onEnd = onEnd;
    this.deadlineAt = now() + idleMs;
    connection.useRaw(this);
  }

  onClientBytes(bytes: Buffer): void {
    this.#touch();
    if (!this.#connection.socket.write(bytes)) this.#client.pause();
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
    else this.#connection.destroy();
    this.#end();
  }

  onDeadline(): void {
    this.#connection.destroy();
    this.#client.destroy();
    this.#end();
  }

  onOpen(): void {
    this.#touch();
  }

  onRaw(bytes: Buffer): void {
    this.#touch();
    // The view is of the shared read buffer, and the write may have to wait.
    if (!this.#client.write(Buffer.from(bytes))) this.#connection.socket.pause();
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
    else this.#client.destroy();
    this.#end();
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
