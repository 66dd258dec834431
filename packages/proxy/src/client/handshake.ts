import type { Socket } from 'node:net';
import type { Accepted } from './accepted.ts';

export interface HandshakeOptions {
  readonly socket: Socket;
  /** Who is at its other end, also where another program has passed it on. */
  readonly clientAddress: string;
  readonly onOver: (handshake: Handshake) => void;
}

/** A connection over which a client and the gateway agree on TLS. It is over when they have, or when the connection is. */
export class Handshake implements Accepted {
  readonly socket: Socket;
  readonly clientAddress: string;
  /** By this it is found again: what is then spoken over the connection has a socket of the runtime's own. */
  readonly end: string;
  readonly #onOver: (handshake: Handshake) => void;

  constructor({ socket, clientAddress, onOver }: HandshakeOptions) {
    this.socket = socket;
    this.clientAddress = clientAddress;
    this.end = endOf(socket);
    this.#onOver = onOver;
    socket.on('close', this.over);
  }

  endWhenIdle(): void {
    // Its deadline is near, and nobody knows yet what the client would understand.
  }

  readonly over = (): void => {
    this.socket.off('close', this.over);
    this.#onOver(this);
  };
}

/** What tells the connections of one listener apart. */
export function endOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
