import { writeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/**
 * Writes to one socket by one system call, past the stream that the runtime makes of a socket, whose accounts of a write take
 * longer than the call. The rest is for that stream, and with it everything that is not plain: TLS, a socket that is not open,
 * one that has more to write, and whatever goes wrong, so that errors and order are the stream's.
 */
export class DirectWriter {
  readonly #socket: Socket;
  readonly #isTls: boolean;
  /** Of which the descriptor is known: to ask for it takes as long as a good part of the call. */
  #handle: Handle | null | undefined;
  #fd = -1;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#isTls = socket instanceof TLSSocket;
  }

  /**
   * Writes pieces as one, from a buffer that is used for all sockets, one after the other: an allocation for each message
   * would cost more than the copy.
   */
  join(pieces: Pieces, { count, length }: Size): void {
    const socket = this.#socket;
    if (length > SCRATCH.length || this.#isTls) {
      // TLS takes what it is given and tells later.
      socket.write(joined(pieces, count, Buffer.allocUnsafe(length)));
      return;
    }
    joined(pieces, count, SCRATCH);
    const taken = this.writeNow(SCRATCH, length);
    if (taken < length) socket.write(Buffer.from(SCRATCH.subarray(taken, length)));
  }

  /** Writes the first `length` bytes as far as the kernel takes them at once, which nearly always is all; returns how many that were. */
  writeNow(bytes: Buffer, length: number): number {
    const socket = this.#socket;
    if (this.#isTls || socket.writableLength > 0 || socket.connecting || !socket.writable) return 0;
    const fd = this.#descriptor;
    if (fd < 0) return 0;
    try {
      return writeSync(fd, bytes, 0, length);
    } catch {
      return 0;
    }
  }

  /** Of the handle that the socket has now: one that is closed has none, and its number may be another's. */
  get #descriptor(): number {
    const handle = (this.#socket as WithHandle)._handle;
    if (handle !== this.#handle) {
      this.#handle = handle;
      this.#fd = handle?.fd ?? -1;
    }
    return this.#fd;
  }
}

/** Texts are of Latin-1. */
export type Pieces = readonly (string | Buffer)[];

export interface Size {
  /** Of the pieces, so many from the first on. */
  readonly count: number;
  /** Of all of them together, in bytes. */
  readonly length: number;
}

function joined(pieces: Pieces, count: number, into: Buffer): Buffer {
  let at = 0;
  for (let nth = 0; nth < count; nth++) {
    const piece = pieces[nth] ?? '';
    at += typeof piece === 'string' ? into.write(piece, at, 'latin1') : piece.copy(into, at);
  }
  return into;
}

const SCRATCH = Buffer.allocUnsafeSlow(64 * 1024);

interface Handle {
  readonly fd?: number;
}

type WithHandle = { readonly _handle?: Handle | null };
