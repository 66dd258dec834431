import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/**
 * Writes pieces as one, from a buffer that is used for all sockets, one after the other: nearly always the kernel takes the
 * whole at once, and the buffer is free again when the call returns. An allocation for each response would cost more than
 * the copy.
 */
export function writeJoined(socket: Socket, pieces: Pieces, size: Size): void {
  const { length } = size;
  const scratch = length <= small.size ? small : large;
  // TLS takes what it is given and tells later.
  if (length > scratch.size || socket instanceof TLSSocket)
    socket.write(join(pieces, size, Buffer.allocUnsafe(length)));
  else scratch.write(socket, pieces, size);
}

type Pieces = readonly (string | Buffer)[];

interface Size {
  /** Of the pieces, so many from the first on. */
  readonly count: number;
  /** Of all of them together, in bytes. */
  readonly length: number;
}

/** One buffer at a time. Where the kernel does not take all of a write, its buffer is left to it, and another follows. */
class Scratch {
  readonly size: number;
  #buffer: Buffer;
  /** What was written last. A write is often as long as the one before, and then its view will do. */
  #view: Buffer;

  constructor(size: number) {
    this.size = size;
    this.#buffer = Buffer.allocUnsafeSlow(size);
    this.#view = this.#buffer;
  }

  write(socket: Socket, pieces: Pieces, size: Size): void {
    const { length } = size;
    join(pieces, size, this.#buffer);
    if (this.#view.length !== length) this.#view = this.#buffer.subarray(0, length);
    socket.write(this.#view);
    if (socket.writableLength === 0) return;
    this.#buffer = Buffer.allocUnsafeSlow(this.size);
    this.#view = this.#buffer;
  }
}

function join(pieces: Pieces, { count }: Size, into: Buffer): Buffer {
  let at = 0;
  for (let nth = 0; nth < count; nth++) {
    const piece = pieces[nth] ?? '';
    at += typeof piece === 'string' ? into.write(piece, at, 'latin1') : piece.copy(into, at);
  }
  return into;
}

/** Two, so that a short rest that waits for a slow client keeps no large buffer. */
const small = new Scratch(4 * 1024);
const large = new Scratch(64 * 1024);
