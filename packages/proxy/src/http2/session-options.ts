import type { Socket } from 'node:net';
import { LIMITS } from '../limits.ts';
import type { SessionUser } from './session-user.ts';

/** What a peer is told, and held to. Sizes in bytes. */
export interface SessionLimits {
  /** Streams that it may open at once; of a server's peer. */
  readonly streams: number;
  /** What may come of one stream before it is read on, and of all of them together. */
  readonly windowBytes: number;
  /** The same of a stream that is read as it comes, while `WIDE_WINDOWS` has one for it. */
  readonly wideWindowBytes: number;
  readonly connectionWindowBytes: number;
  /**
   * What may wait to be sent: above it no stream is begun, and whoever takes nothing at all is cut off. So much may also have
   * come of streams that pause; above it, the connection's window is opened no further.
   */
  readonly queuedBytes: number;
}

export interface SessionOptions {
  readonly role: 'server' | 'client';
  /** What is written to. Reading is its owner's: what comes goes to `Session.read`, 'drain' and 'close' to their methods. */
  readonly socket: Socket;
  readonly user: SessionUser;
  /** Milliseconds that never go back. */
  readonly now: () => number;
  /** Those of its role where nothing is said. */
  readonly limits?: SessionLimits;
}

/** Of a server what its streams hold together has a limit. Of a client it has none, so what each of them can hold is less. */
export const SESSION_LIMITS: Readonly<Record<SessionOptions['role'], SessionLimits>> = {
  server: limitsWith(LIMITS.http2WindowBytes),
  client: limitsWith(LIMITS.http2NarrowWindowBytes),
};

function limitsWith(windowBytes: number): SessionLimits {
  return {
    streams: LIMITS.http2Streams,
    windowBytes,
    wideWindowBytes: LIMITS.http2WindowBytes,
    connectionWindowBytes: LIMITS.http2ConnectionWindowBytes,
    queuedBytes: LIMITS.http2SessionMiB * 1024 * 1024,
  };
}
