import type { Socket } from 'node:net';
import type { Waiting } from '../deadlines.ts';
import { PREFACE } from '../http2/frames.ts';
import { LIMITS } from '../limits.ts';
import type { Runtime } from '../runtime.ts';
import type { Accepted } from './accepted.ts';
import { readProxyHeader } from './proxy-header.ts';

export type Spoken = 'http1' | 'http2' | 'tls';

export interface GreetingOptions {
  readonly socket: Socket;
  readonly runtime: Runtime;
  readonly takesTls: () => boolean;
  /** It is passed on by somebody who says whose it is, before all else. */
  readonly isPassedOn: boolean;
  /** All that has come is in the socket again. `client`: whose it is, where that was said. */
  readonly onSpoken: (spoken: Spoken, client: string | undefined) => void;
  /** It was not said whose it is, or not so that it could be understood. */
  readonly onRefused: () => void;
  readonly onClose: (greeting: Accepted) => void;
}

/**
 * A connection of which it is not known yet what its client speaks. HTTP/2 begins with a preface that was chosen so that no
 * server of HTTP/1.1 would take it for a request (RFC 9113, 3.4), and TLS with a byte that begins no method; whatever
 * differs from both is HTTP/1.1, or nothing. Before all of that stands whose connection it is, where somebody passes it on.
 */
export class Greeting implements Accepted, Waiting {
  readonly socket: Socket;
  readonly deadlineAt: number;
  readonly #options: GreetingOptions;
  #come: Buffer = Buffer.alloc(0);
  #awaitsHeader: boolean;
  #client: string | undefined;

  constructor(options: GreetingOptions) {
    const { socket, runtime } = options;
    this.#options = options;
    this.socket = socket;
    this.#awaitsHeader = options.isPassedOn;
    this.deadlineAt = runtime.now() + LIMITS.requestHeadTimeoutMs;
    runtime.deadlines.add(this);
    socket.on('data', this.#onBytes);
    socket.on('end', this.#onEnd);
    socket.on('error', this.#onError);
    socket.on('close', this.#onClose);
  }

  endWhenIdle(graceMs: number): void {
    if (graceMs === 0 && this.#come.length === 0) this.socket.end();
  }

  onDeadline(): void {
    // A part of a preface is no request that could be refused in its own words.
    this.socket.destroy();
  }

  readonly #onBytes = (bytes: Buffer) => {
    this.#come = this.#come.length === 0 ? bytes : Buffer.concat([this.#come, bytes]);
    if (this.#awaitsHeader && !this.#readHeader()) return;
    const length = Math.min(this.#come.length, PREFACE.length);
    if (this.#come[0] === HANDSHAKE && this.#options.takesTls()) this.#tell('tls');
    else if (this.#come.compare(PREFACE, 0, length, 0, length) !== 0) this.#tell('http1');
    else if (length === PREFACE.length) this.#tell('http2');
  };

  /** Returns whether anything has come behind it. */
  #readHeader(): boolean {
    const read = readProxyHeader(this.#come);
    if (read.kind === 'bad') {
      this.#options.onRefused();
      this.socket.destroy();
    }
    if (read.kind !== 'header') return false;
    this.#awaitsHeader = false;
    this.#client = read.client?.address;
    this.#come = this.#come.subarray(read.length);
    return this.#come.length > 0;
  }

  readonly #onEnd = () => {
    if (this.#come.length > 0 && !this.#awaitsHeader) this.#tell('http1');
    this.socket.end();
  };

  readonly #onError = () => this.socket.destroy();

  readonly #onClose = () => this.#let();

  #tell(spoken: Spoken): void {
    this.#let();
    const { socket } = this;
    socket.off('data', this.#onBytes).off('end', this.#onEnd).off('error', this.#onError).off('close', this.#onClose);
    socket.pause();
    socket.unshift(this.#come);
    this.#options.onSpoken(spoken, this.#client);
    // What undoes TLS reads past the stream's own flow.
    if (spoken !== 'tls') socket.resume();
  }

  #let(): void {
    this.#options.runtime.deadlines.delete(this);
    this.#options.onClose(this);
  }
}

/** The type of a TLS record that holds a part of a handshake (RFC 8446, 5.1). */
const HANDSHAKE = 0x16;
