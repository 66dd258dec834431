import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Waiting } from '../deadlines.ts';
import { ProxyError } from '../errors.ts';
import { BROKEN } from '../http/http2-cancel.ts';
import { readHttp2Trailers } from '../http/http2-fields.ts';
import type { Http2RequestParser } from '../http/http2-request.ts';
import type { RequestHead } from '../http/request-head.ts';
import { noteRefusal } from '../record/refusal.ts';
import type { Incoming, Surroundings } from './accepted.ts';
import type { ErrorDetails } from './error-response.ts';
import { Exchange } from './exchange.ts';
import type { ExchangeClient } from './exchange-client.ts';
import { grpcTrailers, http2Error } from './http2-error.ts';
import { Http2Reply } from './http2-reply.ts';
import { placeOrder } from './place-order.ts';
import type { Reply } from './reply.ts';
import type { RouteMemo } from './route-memo.ts';

/** What all streams of a connection have in common. */
export interface StreamOptions extends Pick<Incoming, 'clientAddress' | 'secure'> {
  readonly surroundings: Surroundings;
  readonly parser: Http2RequestParser;
  readonly memo: RouteMemo;
}

/** One request of a client that speaks HTTP/2: a stream, whose fate is no other's. */
export class Http2Stream implements ExchangeClient, Waiting {
  readonly socket = undefined;
  readonly leaving = false;
  deadlineAt = Number.POSITIVE_INFINITY;
  readonly #stream: ServerHttp2Stream;
  readonly #options: StreamOptions;
  readonly #reply: Http2Reply;
  #exchange: Exchange | undefined;
  #request: RequestHead | undefined;
  #ended = false;

  constructor(stream: ServerHttp2Stream, options: StreamOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#reply = new Http2Reply(stream);
    options.surroundings.runtime.deadlines.add(this);
    stream.on('data', (bytes: Buffer) => this.#guard(() => this.#exchange?.onRequestBody(bytes)));
    let trailers: readonly string[] = [];
    stream.on('trailers', (_, __, raw: readonly string[] = []) => {
      trailers = raw;
    });
    stream.on('end', () => this.#guard(() => this.#onEnd(trailers)));
    stream.on('drain', () => this.#exchange?.onClientDrain());
    // What it says is told by 'close'.
    stream.on('error', () => undefined);
    stream.on('close', () => this.#onClose());
  }

  begin(raw: readonly string[], flags: number): void {
    this.#guard(() => {
      const { surroundings, clientAddress, secure, parser, memo } = this.#options;
      const { rules, settle, runtime } = surroundings;
      const ended = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      this.#ended = ended;
      const request = parser.parse(raw, { ended });
      this.#request = request;
      const placed = placeOrder(request, {
        rules: rules(),
        clientAddress,
        secure,
        settle,
        runtime,
        memo,
        protocol: 'http/2',
      });
      if (placed.kind === 'nowhere') this.answer(placed.details);
      else {
        this.#exchange = new Exchange(placed.order, this, runtime);
        this.#exchange.begin();
      }
    });
  }

  replyTo(): Reply {
    return this.#reply;
  }

  pauseBody(): void {
    this.#stream.pause();
  }

  resumeBody(): void {
    this.#stream.resume();
  }

  answer(details: ErrorDetails): void {
    const stream = this.#stream;
    if (!stream.destroyed && !stream.headersSent) {
      const grpc = this.#request?.fields.grpc === true;
      const { raw, body } = http2Error(details, { grpc, toHead: this.#request?.method === 'HEAD' });
      stream.respond(raw, { endStream: body === undefined });
      if (body !== undefined) stream.end(body);
    }
    this.done();
  }

  /** A client that still sends is told that nobody will read it (RFC 9113, 8.1). */
  done(): void {
    this.#exchange = undefined;
    this.deadlineAt = Number.POSITIVE_INFINITY;
    if (this.#ended) return;
    this.#reply.whenSent(() => {
      if (!this.#ended && !this.#stream.destroyed) this.#stream.close(constants.NGHTTP2_NO_ERROR);
    });
  }

  /** A gRPC call has trailers that can still say why; all else can only be broken off. */
  cut(error: ProxyError): void {
    this.#exchange = undefined;
    if (this.#stream.destroyed) return;
    if (this.#request?.fields.grpc === true && this.#reply.takesTrailers) {
      this.#reply.addEnd(grpcTrailers(error));
      this.#reply.flush();
      this.done();
    } else this.#stream.destroy(BROKEN);
  }

  become(): void {
    throw new ProxyError('bad-response', 'a stream of HTTP/2 does not become a tunnel');
  }

  onDeadline(): void {
    this.#guard(() => this.#exchange?.onDeadline());
  }

  #onEnd(trailers: readonly string[]): void {
    if (this.#ended || this.#stream.aborted) return;
    this.#ended = true;
    this.#exchange?.onRequestEnd(readHttp2Trailers(trailers));
  }

  #onClose(): void {
    this.#options.surroundings.runtime.deadlines.delete(this);
    this.#exchange?.onClientGone();
    this.#exchange = undefined;
  }

  /** Whatever goes wrong here costs this stream, and no other. */
  #guard(act: () => void): void {
    const { clock } = this.#options.surroundings.runtime;
    const holds = clock.hold();
    try {
      act();
    } catch (thrown) {
      const { clientAddress } = this.#options;
      const { rules, runtime } = this.#options.surroundings;
      const error = ProxyError.from(thrown);
      if (error.code === 'internal') runtime.stats.unexpected++;
      const exchange = this.#exchange;
      this.#exchange = undefined;
      exchange?.onClientGone();
      const edge = rules().ownEdge;
      edge.counts.error(error.code);
      if (exchange === undefined) noteRefusal({ edge, clientAddress, protocol: 'http/2' }, error.code, runtime);
      this.answer({ code: error.code, message: error.message, service: undefined, requestId: undefined });
    } finally {
      if (holds) clock.release();
    }
  }
}
