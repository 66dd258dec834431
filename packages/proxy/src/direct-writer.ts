import { writeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/**
 * Writes pieces as one, from a buffer that is used for all sockets, one after the other: an allocation for each message would
 * cost more than the copy.
 */
export function writeJoined(socket: Socket, pieces: Pieces, { count, length }: Size): void {
  if (length > SCRATCH.length || socket instanceof TLSSocket) {
    // TLS takes what it is given and tells later.
    socket.write(join(pieces, count, Buffer.allocUnsafe(length)));
    return;
  }
  join(pieces, count, SCRATCH);
  const taken = writeNow(socket, SCRATCH, length);
  if (taken < length) socket.write(Buffer.from(SCRATCH.subarray(taken, length)));
}

/**
 * Writes the first `length` bytes to a socket that is not TLS's, as far as its kernel takes them at once, which nearly always is
 * all; returns how many that were. It is one system call, past the stream that the runtime makes of a socket, whose accounts
 * of a write take longer than the call. The rest is for that stream, and with it everything that is not plain: a socket that is
 * not open, one that has more to write, and whatever goes wrong, so that errors and order are the stream's.
 */
export function writeNow(socket: Socket, bytes: Buffer, length: number): number {
  if (socket.writableLength > 0 || socket.connecting || !socket.writable) return 0;
  // Asked anew each time: a number that was kept could be another socket's by now.
  const fd = (socket as WithHandle)._handle?.fd ?? -1;
  if (fd < 0) return 0;
  try {
    return writeSync(fd, bytes, 0, length);
  } catch {
    return 0;
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

function join(pieces: Pieces, count: number, into: Buffer): Buffer {
  let at = 0;
  for (let nth = 0; nth < count; nth++) {
    const piece = pieces[nth] ?? '';
    at += typeof piece === 'string' ? into.write(piece, at, 'latin1') : piece.copy(into, at);
  }
  return into;
}

const SCRATCH = Buffer.allocUnsafeSlow(64 * 1024);

type WithHandle = { readonly _handle?: { readonly fd?: number } | null };
