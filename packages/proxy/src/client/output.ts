import type { Socket } from 'node:net';
import { DirectWriter } from '../direct-writer.ts';
import { mayBeKept } from '../upstream/read-buffers.ts';

/**
 * Gathers what one read of an instance's socket brought for the client, and sends it at once. Most of that is a view of the
 * shared read buffer, so `flush` must come before the read returns: it makes the one copy there is, and one write. What is
 * large and may be kept is written from where it lies.
 */
export class Output {
  readonly #socket: Socket;
  readonly #writer: DirectWriter;
  /** Used again and again: those after the first `#count` are nothing. Most responses are a head in two parts and a body. */
  readonly #pieces: (string | Buffer)[] = ['', '', ''];
  #count = 0;
  #length = 0;
  #hasLarge = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#writer = new DirectWriter(socket);
  }

  add(piece: string | Buffer): void {
    this.#pieces[this.#count++] = piece;
    this.#length += piece.length;
    this.#hasLarge ||= this.#isLarge(piece);
  }

  /** Returns false where the instance should pause: some of what may be kept is still to be written. */
  flush(): boolean {
    if (this.#count === 0) return !this.#socket.writableNeedDrain;
    if (this.#hasLarge) this.#writeAsTheyAre();
    else this.#writer.join(this.#pieces, { count: this.#count, length: this.#length });
    const isLarge = this.#hasLarge;
    this.clear();
    // After a large write the socket wants to drain also where the kernel has taken it at once.
    return this.#socket.writableLength === 0 || !(isLarge || this.#socket.writableNeedDrain);
  }

  /** Forgets what was added, and would belong to a response that was given up. */
  clear(): void {
    // A buffer that is kept here would be kept for as long as its client's connection.
    for (let at = 0; at < this.#count; at++) this.#pieces[at] = '';
    this.#count = 0;
    this.#length = 0;
    this.#hasLarge = false;
  }

  #writeAsTheyAre(): void {
    const socket = this.#socket;
    socket.cork();
    for (let at = 0; at < this.#count; at++) {
      const piece = this.#pieces[at] ?? '';
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
