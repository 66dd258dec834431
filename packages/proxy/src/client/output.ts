import type { Socket } from 'node:net';
import { mayBeKept } from '../upstream/read-buffers.ts';
import { writeJoined } from './write-joined.ts';

/**
 * Gathers what one read of an instance's socket brought for the client, and sends it at once. Most of that is a view of the
 * shared read buffer, so `flush` must come before the read returns: it makes the one copy there is, and one write. What is
 * large and may be kept is written from where it lies.
 */
export class Output {
  readonly #socket: Socket;
  #pieces: (string | Buffer)[] = [];
  #length = 0;
  #hasLarge = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  add(piece: string | Buffer): void {
    this.#pieces.push(piece);
    this.#length += piece.length;
    this.#hasLarge ||= this.#isLarge(piece);
  }

  /** Returns false where the instance should pause: some of what may be kept is still to be written. */
  flush(): boolean {
    const pieces = this.#pieces;
    const [only] = pieces;
    if (only === undefined) return !this.#socket.writableNeedDrain;
    if (this.#hasLarge) this.#writeAsTheyAre(pieces);
    else if (pieces.length === 1 && typeof only === 'string') this.#socket.write(only, 'latin1');
    else writeJoined(this.#socket, pieces, this.#length);
    const isLarge = this.#hasLarge;
    this.#pieces = [];
    this.#length = 0;
    this.#hasLarge = false;
    // After a large write the socket wants to drain also where the kernel has taken it at once.
    return this.#socket.writableLength === 0 || !(isLarge || this.#socket.writableNeedDrain);
  }

  #writeAsTheyAre(pieces: readonly (string | Buffer)[]): void {
    const socket = this.#socket;
    socket.cork();
    for (const piece of pieces) {
      if (typeof piece === 'string') socket.write(piece, 'latin1');
      else socket.write(mayBeKept(piece) ? piece : Buffer.from(piece));
    }
    socket.uncork();
  }

  /** So large that the socket tells when it is out, where it does not go out at once. */
  #isLarge(piece: string | Buffer): boolean {
    return typeof piece !== 'string' && piece.length >= this.#socket.writableHighWaterMark && mayBeKept(piece);
  }
}
