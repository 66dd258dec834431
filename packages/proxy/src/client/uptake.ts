import type { Socket } from 'node:net';

/**
 * Whether a client takes what is written to it. A write may be megabytes long, and its end is told when the kernel has all of it;
 * so what counts is what the kernel has not got yet, which it takes in parts as the client reads (Node's own timeout of a socket
 * looks at the same). Of a stream of HTTP/2 it is what waits for its window.
 */
export class Uptake {
  readonly #taker: WithHandle | Unsent | undefined;
  #left = 0;

  constructor(taker: Socket | Unsent | undefined) {
    this.#taker = taker;
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
    const taker = this.#taker;
    if (taker === undefined) return 0;
    return 'unsent' in taker ? taker.unsent : taker.writableLength + (taker._handle?.writeQueueSize ?? 0);
  }
}

interface Unsent {
  readonly unsent: number;
}

type WithHandle = Socket & { readonly _handle?: { readonly writeQueueSize?: number } | null };
