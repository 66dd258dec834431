import type { Socket } from 'node:net';

/**
 * Whether a client takes what is written to it. A write may be megabytes long, and its end is told when the kernel has all of it;
 * so what counts is what the kernel has not got yet, which it takes in parts as the client reads (Node's own timeout of a socket
 * looks at the same). A stream of HTTP/2 has no socket of its own: what it is written is short, and its ends tell enough.
 */
export class Uptake {
  readonly #socket: WithHandle | undefined;
  #left = 0;

  constructor(socket: Socket | undefined) {
    this.#socket = socket;
  }

  /** It is waited for from now on. */
  begin(): void {
    this.#left = this.#unsent;
  }

  /** Whether something has gone since this was last asked. */
  moves(): boolean {
    const before = this.#left;
    this.#left = this.#unsent;
    return this.#left !== before;
  }

  /** Grows no less with what waits than that does: it is only compared. */
  get #unsent(): number {
    const socket = this.#socket;
    return socket === undefined ? 0 : socket.writableLength + (socket._handle?.writeQueueSize ?? 0);
  }
}

type WithHandle = Socket & { readonly _handle?: { readonly writeQueueSize?: number } | null };
