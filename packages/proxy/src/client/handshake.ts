import type { Socket } from 'node:net';
import type { Accepted } from './accepted.ts';

export interface HandshakeOptions {
  readonly socket: Socket;
  /** Who is at its other end, also where another program has passed it on. */
  readonly clientAddress: string;
  /** Not `done`: it has failed, or has taken too long. */
  readonly onOver: (handshake: Handshake, how: { readonly done: boolean }) => void;
}

/** A connection over which a client and the gateway agree on TLS. It is over when they have, or when the connection is. */
export class Handshake implements Accepted {
  readonly socket: Socket;
  readonly clientAddress: string;
  /** By this it is found again: what is then spoken over the connection has a socket of the runtime's own. */
  readonly end: string;
  readonly #onOver: HandshakeOptions['onOver'];

  constructor({ socket, clientAddress, onOver }: HandshakeOptions) {
    this.socket = socket;
    this.clientAddress = clientAddress;
    this.end = endOf(socket);
    this.#onOver = onOver;
    socket.on('close', this.#onClose);
  }

  endWhenIdle(): void {
    // Its deadline is near, and nobody knows yet what the client would understand.
  }

  /** Both are agreed. */
  done(): void {
    this.socket.off('close', this.#onClose);
    this.#onOver(this, { done: true });
  }

  readonly #onClose = (): void => this.#onOver(this, { done: false });
}

/** What tells the connections of one listener apart. */
export function endOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
