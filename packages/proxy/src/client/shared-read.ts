import { type BoundSocket, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { LIMITS } from '../limits.ts';

/**
 * All clients' plain connections are read into this one buffer: whoever gets a view of it copies what it keeps before it
 * returns. A buffer for each read would be allocated, cut to what came, and collected.
 */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * Reads a connection, what it has held back first, and gives each read to its user; returns the socket to be used from now
 * on. The runtime reads into a buffer of ours only where a socket is made with one (`onread`), which it offers for sockets
 * that connect and not for those that a server accepts. So the connection gets a new socket, and the server's is dropped.
 * Where the runtime's sockets have no handle that can be passed on so, or TLS is between, it is read as usual.
 */
export function readShared(accepted: Socket, user: ReadUser): Socket {
  const { _handle: handle } = accepted as WithHandle;
  if (accepted instanceof TLSSocket || accepted.readableEnded || !handle?.useUserBuffer) {
    accepted.on('data', (bytes) => user.onRead(bytes));
    return accepted;
  }
  const come: Buffer | null = accepted.read();
  const onread = { buffer: READ_BUFFER, callback: (count: number) => tell(count, user) };
  const backlog = { writableHighWaterMark: LIMITS.clientBacklogBytes };
  const socket = new Socket({ handle: handle as unknown as BoundSocket, allowHalfOpen: true, onread, ...backlog });
  (accepted as WithHandle)._handle = null;
  accepted.destroy();
  // Not by a function made here: `onread` would hold what it holds, for as long as the connection lasts.
  if (come !== null) process.nextTick(give, user, come);
  return socket;
}

function give(user: ReadUser, bytes: Buffer): void {
  user.onRead(bytes);
}

/** Requests are often as long as the one before, so that its view will do. */
let view = READ_BUFFER;

function tell(count: number, user: ReadUser): boolean {
  if (view.length !== count) view = READ_BUFFER.subarray(0, count);
  user.onRead(view);
  return true;
}

/** Who gets what has come. A view is only valid during the call. */
export interface ReadUser {
  onRead(bytes: Buffer): void;
}

interface Handle {
  readonly useUserBuffer?: (buffer: Buffer) => void;
}

type WithHandle = { _handle?: Handle | null };
