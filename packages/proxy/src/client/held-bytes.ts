import type { Socket } from 'node:net';
import { LIMITS } from '../limits.ts';

/** What a client has sent before its turn. */
export class HeldBytes {
  #bytes = NOTHING;

  /** Goes on reading for a while, because only a socket that is read tells that its client has left. */
  add(bytes: Buffer, socket: Socket): void {
    this.#bytes = this.#bytes.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#bytes, bytes]);
    if (this.#bytes.length >= LIMITS.heldBytes) socket.pause();
  }

  /** Empty where there is nothing. */
  take(): Buffer {
    const bytes = this.#bytes;
    this.#bytes = NOTHING;
    return bytes;
  }
}

const NOTHING = Buffer.alloc(0);
