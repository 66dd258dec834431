import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/**
 * Writes pieces as one, from a buffer that is used for all sockets, one after the other: nearly always the kernel takes the
 * whole at once, and the buffer is free again when the call returns. An allocation for each response would cost more than
 * the copy.
 */
export function writeJoined(socket: Socket, pieces: readonly (string | Buffer)[], length: number): void {
  const scratch = length <= small.size ? small : large;
  // TLS takes what it is given and tells later.
  if (length > scratch.size || socket instanceof TLSSocket) socket.write(join(pieces, Buffer.allocUnsafe(length)));
  else scratch.write(socket, pieces, length);
}

/** One buffer at a time. Where the kernel does not take all of a write, its buffer is left to it, and another follows. */
class Scratch {
  readonly size: number;
  #buffer: Buffer;

  constructor(size: number) {
    this.size = size;
    this.#buffer = Buffer.allocUnsafeSlow(size);
  }

  write(socket: Socket, pieces: readonly (string | Buffer)[], length: number): void {
    socket.write(join(pieces, this.#buffer).subarray(0, length));
    if (socket.writableLength > 0) this.#buffer = Buffer.allocUnsafeSlow(this.size);
  }
}

function join(pieces: readonly (string | Buffer)[], into: Buffer): Buffer {
  let at = 0;
  for (const piece of pieces) {
    at += typeof piece === 'string' ? into.write(piece, at, 'latin1') : piece.copy(into, at);
  }
  return into;
}

/** Two, so that a short rest that waits for a slow client keeps no large buffer. */
const small = new Scratch(4 * 1024);
const large = new Scratch(64 * 1024);
