import type { Socket } from 'node:net';
import type { ErrorDetails } from './error-response.ts';
import type { Tunnel } from './tunnel.ts';

/** What an exchange needs of the connection that its request came over. */
export interface ExchangeClient {
  readonly socket: Socket;
  /** When the exchange's `onDeadline` is to be called. */
  deadlineAt: number;
  /** The connection ends after this response. */
  readonly leaving: boolean;
  /** Bytes of the request's body should stop, or go on, coming. */
  pauseBody(): void;
  resumeBody(): void;
  /** Sends an answer of the proxy's own, and ends the exchange. */
  answer(details: ErrorDetails): void;
  /** The response is written. */
  done(options: { readonly keep: boolean }): void;
  /** The response can't be completed: breaking the connection is the only way left to say so. */
  cut(options: { readonly byReset: boolean }): void;
  /** From now on the connection belongs to a tunnel. */
  become(tunnel: Tunnel): void;
}
