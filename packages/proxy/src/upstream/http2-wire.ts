import { type ClientHttp2Stream, constants } from 'node:http2';
import { ProxyError } from '../errors.ts';
import type { Field } from '../http/fields.ts';
import { CANCELLED } from '../http/http2-cancel.ts';
import { http2Fields, http2Trailers, readHttp2Trailers } from '../http/http2-fields.ts';
import { http2Response } from '../http/http2-response.ts';
import type { Http2Session, SessionUser } from './http2-session.ts';
import { addedText } from './request-text.ts';
import type { Gone, RequestMessage, ResponseUser, Wire } from './wire.ts';

/** One request to an instance as a stream of HTTP/2. */
export class Http2Wire implements Wire, SessionUser {
  readonly connection = undefined;
  readonly reusable = false;
  /** An end of a connection with many streams is no server's that closes what is idle: that one says GOAWAY first. */
  readonly used = false;
  readonly #session: Http2Session;
  #user: ResponseUser | undefined;
  #stream: ClientHttp2Stream | undefined;
  #toHead = false;
  /** Bytes of the response's body that are still to come, where it said how many. */
  #missing = 0;
  #answering = false;
  #whole = false;
  #trailers: readonly Field[] = [];
  #requestTrailers: readonly Field[] = [];
  #left = false;

  constructor(session: Http2Session) {
    this.#session = session;
    session.enter();
  }

  get open(): boolean {
    return this.#session.open;
  }

  get answering(): boolean {
    return this.#answering;
  }

  use(user: ResponseUser): void {
    this.#user = user;
    this.#session.whenOpen(this);
  }

  onSessionOpen(): void {
    this.#user?.onOpen();
  }

  onSessionRefused(): void {
    this.#goneFor('refused');
  }

  send(message: RequestMessage): boolean {
    const { request, body, trailers } = message;
    this.#toHead = request.method === 'HEAD';
    const isWhole = body.length === 0 && trailers !== undefined && trailers.length === 0;
    const stream = this.#begin(message, isWhole);
    if (stream === undefined) return true;
    this.#stream = stream;
    this.#listen(stream);
    for (const bytes of body) stream.write(bytes);
    if (trailers !== undefined && !isWhole) this.end(trailers);
    return !stream.writableNeedDrain;
  }

  write(bytes: Buffer): boolean {
    return this.#stream === undefined || this.#stream.destroyed || this.#stream.write(bytes);
  }

  end(trailers: readonly Field[]): void {
    this.#requestTrailers = trailers;
    if (this.#stream?.destroyed === false) this.#stream.end();
  }

  pause(): void {
    this.#stream?.pause();
  }

  resume(): void {
    this.#stream?.resume();
  }

  destroy(): void {
    this.#user = undefined;
    if (this.#stream?.destroyed === false) this.#stream.destroy(CANCELLED);
    this.#leave();
  }

  /** Undefined where the connection has ended since it was chosen: its user is told soon, as of any other end. */
  #begin(message: RequestMessage, isWhole: boolean): ClientHttp2Stream | undefined {
    const { request, origin, time } = message;
    const { host, passed, framing, acceptsTrailers, declaresTrailers } = request.fields;
    const raw = [':method', request.method, ':scheme', 'http', ':authority', host === '' ? 'localhost' : host];
    raw.push(':path', origin.target, ...http2Fields(passed), ...http2Fields(addedText(request.fields, origin, time)));
    if (framing.kind === 'length') raw.push('content-length', String(framing.length));
    if (acceptsTrailers) raw.push('te', 'trailers');
    try {
      return this.#session.request(raw, { endStream: isWhole, waitForTrailers: declaresTrailers });
    } catch {
      setImmediate(() => this.#goneFor('unprocessed'));
      return undefined;
    }
  }

  #listen(stream: ClientHttp2Stream): void {
    stream.on('headers', (_, flags, raw) => this.#guard(() => this.#onHead(flags, raw)));
    stream.on('response', (_, flags, raw) => this.#guard(() => this.#onHead(flags, raw)));
    stream.on('data', (bytes: Buffer) => this.#guard(() => this.#onData(bytes)));
    stream.on('trailers', (_, __, raw: readonly string[] = []) =>
      this.#guard(() => {
        this.#trailers = readHttp2Trailers(raw);
      }),
    );
    stream.on('end', () => this.#guard(() => this.#onEnd(stream)));
    stream.on('drain', () => this.#user?.onDrain());
    stream.on('wantTrailers', () => stream.sendTrailers(http2Trailers(this.#requestTrailers)));
    // What it says is told by 'close', with its code.
    stream.on('error', () => undefined);
    stream.on('close', () => this.#onClose(stream.rstCode));
  }

  #onHead(flags: number, raw: readonly string[] = []): void {
    this.#answering = true;
    const ended = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    const head = http2Response(raw, { ended, toHead: this.#toHead });
    if (head.status === 101) throw new ProxyError('bad-response', 'HTTP/2 has no 101');
    if (head.framing.kind === 'length') this.#missing = head.framing.length;
    if (head.status < 200) this.#user?.onInformational(head);
    else this.#user?.onHead(head);
    // A head that is all of it must stay so: gRPC tells an answer of nothing but a status by that.
    if (ended) this.#endWhole();
    else this.#user?.onFlush();
  }

  #onData(bytes: Buffer): void {
    this.#missing -= bytes.length;
    this.#user?.onBody(bytes);
    this.#user?.onFlush();
  }

  /** A stream that is cut ends too, as far as the runtime is concerned: what is not whole waits for its 'close'. */
  #onEnd(stream: ClientHttp2Stream): void {
    const isWhole = stream.rstCode === constants.NGHTTP2_NO_ERROR && !stream.aborted && this.#missing <= 0;
    if (this.#answering && isWhole) this.#endWhole();
  }

  #endWhole(): void {
    if (this.#whole) return;
    this.#whole = true;
    this.#user?.onBodyEnd(this.#trailers);
    this.#user?.onFlush();
  }

  #onClose(code: number): void {
    if (code === constants.NGHTTP2_REFUSED_STREAM) this.#goneFor('unprocessed');
    else if (code === constants.NGHTTP2_PROTOCOL_ERROR) this.#goneFor('bad-response', NOT_HTTP2);
    else this.#goneFor('closed');
  }

  #guard(act: () => void): void {
    try {
      act();
    } catch (thrown) {
      this.#goneFor('bad-response', ProxyError.from(thrown));
    }
  }

  #goneFor(why: Gone, error?: ProxyError): void {
    const user = this.#user;
    this.destroy();
    user?.onGone(why, error);
  }

  #leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.#session.leave(this);
  }
}

const NOT_HTTP2 = new ProxyError('bad-response', 'the instance sent what HTTP/2 does not allow');
