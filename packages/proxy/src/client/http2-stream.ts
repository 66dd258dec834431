import type { Waiting } from '../deadlines.ts';
import { ProxyError } from '../errors.ts';
import { readHttp2Trailers } from '../http/http2-fields.ts';
import type { Http2RequestParser } from '../http/http2-request.ts';
import type { RequestHead } from '../http/request-head.ts';
import { HTTP2_CODES } from '../http2/http2-error.ts';
import type { SessionStream, StreamUser } from '../http2/stream.ts';
import { LIMITS } from '../limits.ts';
import type { Surroundings } from './accepted.ts';
import type { ErrorDetails } from './error-response.ts';
import { Exchange } from './exchange.ts';
import type { ExchangeClient } from './exchange-client.ts';
import { grpcTrailers, http2Error } from './http2-error.ts';
import { Http2Reply } from './http2-reply.ts';
import { countRefusal, type Placing, placeOrder } from './place-order.ts';
import type { Reply } from './reply.ts';

/** What all streams of a connection have in common. */
export interface StreamOptions {
  readonly surroundings: Surroundings;
  readonly placing: Placing;
  readonly parser: Http2RequestParser;
}

/** One request of a client that speaks HTTP/2: a stream, whose fate is no other's. */
export class Http2Stream implements ExchangeClient, StreamUser, Waiting {
  readonly socket = undefined;
  readonly leaving = false;
  deadlineAt = Number.POSITIVE_INFINITY;
  readonly stream: SessionStream;
  readonly #options: StreamOptions;
  readonly #reply: Http2Reply;
  #exchange: Exchange | undefined;
  #request: RequestHead | undefined;
  #ended = false;
  #done = false;
  #abandoned = false;
  /** What the client had taken when that was last looked at. */
  #sent = 0;

  constructor(stream: SessionStream, options: StreamOptions) {
    this.stream = stream;
    this.#options = options;
    this.#reply = new Http2Reply(stream);
    options.surroundings.runtime.deadlines.add(this);
  }

  onHead(raw: readonly string[], ended: boolean): void {
    this.#ended = ended;
    this.#guard(this.#begin, raw);
  }

  onHeadTooLarge(): void {
    this.#guard(refuseTooLarge, undefined);
  }

  onData(bytes: Buffer): void {
    if (this.#exchange !== undefined) this.#guard(this.#onBody, bytes);
  }

  onEnd(trailers: readonly string[]): void {
    this.#ended = true;
    this.#guard(this.#onBodyEnd, trailers);
  }

  onDrain(): void {
    this.#reply.onDrain();
    this.#guard(this.#onRoom, undefined);
  }

  /** Whoever waits for an answer may be silent. */
  onSilent(): void {}

  onClose(): void {
    this.#options.surroundings.runtime.deadlines.delete(this);
    const exchange = this.#exchange;
    this.#exchange = undefined;
    exchange?.onClientGone();
  }

  replyTo({ fields }: RequestHead): Reply {
    this.#reply.awaitsContinue = fields.expectsContinue;
    return this.#reply;
  }

  pauseBody(): void {
    this.stream.pause();
  }

  resumeBody(): void {
    this.stream.resume();
  }

  answer(details: ErrorDetails): void {
    if (!this.#reply.hasBegun) {
      const grpc = this.#request?.fields.grpc === true;
      const { raw, body } = http2Error(details, { grpc, toHead: this.#request?.method === 'HEAD' });
      this.stream.head(raw, body === undefined);
      if (body !== undefined) this.stream.data(Buffer.from(body));
      this.stream.end();
    }
    this.done();
  }

  /**
   * A client that still sends may end by itself, now that it has its answer: one that is told at once that nobody reads on forgets
   * what came with that, as curl 7.88 does. Those of gRPC know it from their servers.
   */
  done(): void {
    this.#exchange = undefined;
    this.#done = true;
    if (this.#request?.fields.grpc === true) this.#abandon();
    else {
      this.stream.ignore();
      this.deadlineAt = this.#options.surroundings.runtime.now() + LIMITS.lingerMs;
    }
  }

  /** It is told so now, and where it takes nothing of the rest it is not waited for. */
  #abandon(): void {
    this.#abandoned = true;
    this.deadlineAt = this.#options.surroundings.runtime.now() + LIMITS.clientStillMs;
    this.#sent = this.stream.sent;
    this.stream.abandon();
  }

  /** A gRPC call has trailers that can still say why; all else can only be broken off. */
  cut(error: ProxyError): void {
    this.#exchange = undefined;
    if (this.#request?.fields.grpc === true && this.#reply.takesTrailers) {
      this.#reply.addEnd(grpcTrailers(error));
      this.#reply.flush();
      this.done();
    } else this.stream.reset(HTTP2_CODES.internal);
  }

  become(): void {
    throw new ProxyError('bad-response', 'a stream of HTTP/2 does not become a tunnel');
  }

  onDeadline(): void {
    if (!this.#done) this.#guard(this.#onOverdue, undefined);
    else if (!this.#abandoned || this.stream.sent > this.#sent) this.#abandon();
    else this.stream.reset(HTTP2_CODES.cancel);
  }

  #begin(raw: readonly string[]): void {
    const { surroundings, placing, parser } = this.#options;
    const request = parser.parse(raw, { ended: this.#ended });
    this.#request = request;
    const placed = placeOrder(request, placing, surroundings.runtime.now());
    if (placed.kind === 'nowhere') this.answer(placed.details);
    else {
      this.#exchange = new Exchange(placed.order, this, surroundings.runtime);
      this.#exchange.begin();
    }
  }

  #onBody(bytes: Buffer): void {
    this.#exchange?.onRequestBody(bytes);
  }

  #onBodyEnd(trailers: readonly string[]): void {
    this.#exchange?.onRequestEnd(readHttp2Trailers(trailers));
  }

  #onRoom(): void {
    this.#exchange?.onClientDrain();
  }

  #onOverdue(): void {
    this.#exchange?.onDeadline();
  }

  /** Whatever goes wrong here costs this stream, and no other. */
  #guard<What>(act: (this: Http2Stream, what: What) => void, what: What): void {
    const { clock } = this.#options.surroundings.runtime;
    const holds = clock.hold();
    try {
      act.call(this, what);
    } catch (thrown) {
      this.#refuse(ProxyError.from(thrown));
    } finally {
      if (holds) clock.release();
    }
  }

  #refuse({ code, message }: ProxyError): void {
    const { placing, surroundings } = this.#options;
    if (code === 'internal') surroundings.runtime.stats.unexpected++;
    const exchange = this.#exchange;
    this.#exchange = undefined;
    exchange?.onClientGone();
    countRefusal(placing, code, { isPlaced: exchange !== undefined });
    this.answer({ code, message, service: undefined, requestId: undefined });
  }
}

function refuseTooLarge(): void {
  throw new ProxyError('head-too-large', 'too many fields, or too large ones');
}
