import type { Socket } from 'node:net';
import type { SessionUser } from './session-user.ts';

/** What is told to the peer, and what it is held to. Sizes in bytes. */
export interface SessionLimits {
  /** Streams that the peer may open at once. */
  readonly streams: number;
  /** What may come of one stream before it is read on, and of all of them together. */
  readonly windowBytes: number;
  readonly connectionWindowBytes: number;
  /** Of a head or of trailers, decoded: as RFC 9113, 6.5.2, counts, and in number. */
  readonly fieldsBytes: number;
  readonly fields: number;
  /** What waits to be sent. Above it no stream is begun, and a peer that lets answers to its frames pile up is cut off. */
  readonly queuedBytes: number;
}

export interface SessionOptions {
  readonly role: 'server' | 'client';
  /** What is written to. Reading is its owner's: all that comes goes to `Session.read`, and 'drain' to `Session.onDrain`. */
  readonly socket: Socket;
  readonly user: SessionUser;
  readonly limits: SessionLimits;
  /** Milliseconds that never go back. */
  readonly now: () => number;
}
