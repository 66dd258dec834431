import type { Socket } from 'node:net';

/**
 * Whether a client takes what is written to it. A write may be megabytes long, and its end is told when the kernel has all of it;
 * so what counts is what the kernel has not got yet, which it takes in parts as the client reads (Node's own timeout of a socket
 * looks at the same). Of a stream of HTTP/2 it is what its windows let go.
 */
export class Uptake {
  readonly #taker: WithHandle | Stream | undefined;
  #last = 0;

  constructor(taker: Socket | Stream | undefined) {
    this.#taker = taker;
  }

  /** It is waited for from now on. */
  begin(): void {
    this.#last = this.#measure;
  }

  /** Whether something has gone since this was last asked. */
  moves(): boolean {
    const before = this.#last;
    this.#last = this.#measure;
    return this.#last !== before;
  }

  /** Differs where it has taken something; it is only compared. */
  get #measure(): number {
    const taker = this.#taker;
    if (taker === undefined) return 0;
    return 'sent' in taker ? taker.sent : taker.writableLength + (taker._handle?.writeQueueSize ?? 0);
  }
}

interface Stream {
  readonly sent: number;
}

type WithHandle = Socket & { readonly _handle?: { readonly writeQueueSize?: number } | null };
