import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Runtime } from '../runtime.ts';
import type { EndpointState } from '../upstream/endpoint.ts';
import type { ListenerRules } from './rules.ts';

/** A client's connection, whatever is spoken over it. */
export interface Accepted {
  readonly socket: Socket;
  /**
   * Takes nothing new, and ends once what it carries has ended. A client that is kept may be asking at this instant, and would be cut
   * off without a word: for so long it may ask once more, and is told with the answer.
   */
  endWhenIdle(graceMs: number): void;
}

/** A connection that is to be served. Its socket may be replaced by one that is read otherwise, and is not kept then. */
export interface Incoming {
  readonly socket: Socket;
  /** Who is at its other end, also where another program has passed it on. */
  readonly clientAddress: string;
  /** It came over TLS. */
  readonly secure: boolean;
}

/** What all connections of a listener have in common: thousands of them do nothing, and each keeps what it has of its own. */
export interface Surroundings {
  /** The rules of the listener, by the table that is current when a request comes. */
  readonly rules: () => ListenerRules;
  readonly runtime: Runtime;
  readonly settle: (endpoint: EndpointState) => void;
  readonly onClose: (connection: Accepted) => void;
}

export function addressOf({ remoteAddress = 'unknown' }: Socket): string {
  return remoteAddress.startsWith('::ffff:') ? remoteAddress.slice('::ffff:'.length) : remoteAddress;
}

/** Ends a connection so that its client can't take what has come for the whole: over TLS, its end is not announced. */
export function breakOff(socket: Socket): void {
  if (socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}
