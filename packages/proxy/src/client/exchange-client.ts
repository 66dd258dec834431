import type { Socket } from 'node:net';
import type { ProxyError } from '../errors.ts';
import type { RequestHead } from '../http/request-head.ts';
import type { SessionStream } from '../http2/stream.ts';
import type { ErrorDetails } from './error-response.ts';
import type { Reply } from './reply.ts';
import type { BodyFlow } from './request-body.ts';
import type { Tunnel } from './tunnel.ts';

/** What an exchange needs of the connection that its request came over. */
export interface ExchangeClient extends BodyFlow {
  /** The connection itself, where it serves one request at a time: it can become a tunnel's. */
  readonly socket: Socket | undefined;
  /** Where it has no connection of its own: how much of its response its client has taken. */
  readonly stream?: Pick<SessionStream, 'sent'>;
  /** When the exchange's `onDeadline` is to be called. */
  deadlineAt: number;
  /** The connection ends after this response. */
  readonly leaving: boolean;
  replyTo(request: RequestHead): Reply;
  /** Sends an answer of the proxy's own, and ends the exchange. */
  answer(details: ErrorDetails): void;
  /** The response is written. */
  done(options: { readonly keep: boolean }): void;
  /** The response can't be completed: breaking the connection is the only way left to say so. */
  cut(error: ProxyError, options: { readonly byReset: boolean }): void;
  /** From now on the connection belongs to a tunnel. */
  become(tunnel: Tunnel): void;
}
