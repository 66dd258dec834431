import type { Socket } from 'node:net';

/**
 * Gathers what one read of an instance's socket brought for the client, and sends it with one write. The gathered bytes
 * are views of the shared read buffer, so `flush` must come before the read returns: it makes the one copy there is.
 */
export class Output {
  readonly #socket: Socket;
  #pieces: (string | Buffer)[] = [];
  #length = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  add(piece: string | Buffer): void {
    this.#pieces.push(piece);
    this.#length += piece.length;
  }

  /** Returns false where the instance should pause. */
  flush(): boolean {
    const [only] = this.#pieces;
    if (only === undefined) return !this.#socket.writableNeedDrain;
    const single = this.#pieces.length === 1 && typeof only === 'string';
    const more = single ? this.#socket.write(only, 'latin1') : this.#socket.write(this.#joined());
    this.#pieces = [];
    this.#length = 0;
    return more;
  }

  #joined(): Buffer {
    const joined = Buffer.allocUnsafe(this.#length);
    let at = 0;
    for (const piece of this.#pieces) {
      at += typeof piece === 'string' ? joined.write(piece, at, 'latin1') : piece.copy(joined, at);
    }
    return joined;
  }
}
