import { ProxyError } from '../errors.ts';
import type { Field } from '../http/fields.ts';
import { trailersRaw } from '../http/http2-fields.ts';
import { HTTP2_CODES } from '../http2/http2-error.ts';
import type { SessionStream } from '../http2/stream.ts';
import type { Http2Session, StreamOwner } from './http2-session.ts';
import { requestList } from './request-list.ts';
import type { Gone, RequestMessage, ResponseUser, Wire } from './wire.ts';

/** One request to an instance as a stream of HTTP/2. */
export class Http2Wire implements Wire, StreamOwner {
  readonly connection = undefined;
  readonly reusable = false;
  /** An end of a connection with many streams is no server's that closes what is idle: that one says GOAWAY first. */
  readonly used = false;
  #session: Http2Session;
  #user: ResponseUser | undefined;
  #stream: SessionStream | undefined;
  /** What waits until the instance takes one more stream. */
  #held: HeldRequest | undefined;
  #toHead = false;
  /** The head is all of the response. */
  #ended = false;
  #answering = false;
  #whole = false;
  #willFlush = false;
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

  send(message: RequestMessage): boolean {
    this.#toHead = message.request.method === 'HEAD';
    if (!this.#session.takes) this.#moveTo(this.#session.other);
    if (this.#session.takes) return this.#begin(message);
    this.#held = { message, body: [...message.body], trailers: message.trailers };
    this.#session.hold(this);
    return false;
  }

  write(bytes: Buffer): boolean {
    if (this.#held === undefined) return this.#stream?.data(bytes, true) ?? true;
    this.#held.body.push(bytes);
    return false;
  }

  end(trailers: readonly Field[]): void {
    if (this.#held === undefined) this.#stream?.end(trailersRaw(trailers));
    else this.#held.trailers = trailers;
  }

  pause(): void {
    this.#stream?.pause();
  }

  resume(): void {
    this.#stream?.resume();
  }

  destroy(): void {
    this.#user = undefined;
    this.#held = undefined;
    this.#stream?.reset(HTTP2_CODES.cancel);
    this.#leave();
  }

  onSessionOpen(): void {
    this.#user?.onOpen();
  }

  onSessionRefused(): void {
    this.#goneFor('refused');
  }

  onRoom(session: Http2Session): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    this.#moveTo(session);
    this.#guard(this.#beginHeld, held);
  }

  onNoRoom(): void {
    this.#goneFor('unprocessed');
  }

  onHead(raw: readonly string[], ended: boolean): void {
    this.#ended = ended;
    this.#guard(this.#takeHead, raw);
  }

  onHeadTooLarge(): void {
    this.#goneFor('bad-response', TOO_LARGE);
  }

  onData(bytes: Buffer): void {
    this.#guard(this.#takeBody, bytes);
  }

  onEnd(trailers: readonly string[]): void {
    this.#guard(this.#takeEnd, trailers);
  }

  onDrain(): void {
    this.#guard(this.#tellDrain, undefined);
  }

  onRead(): void {
    this.#willFlush = false;
    this.#guard(this.#flush, undefined);
  }

  onSilent(): void {
    this.#guard(this.#tellSilent, undefined);
  }

  onClose(code: number | undefined): void {
    this.#stream = undefined;
    if (this.#whole) this.#leave();
    else this.#goneFor(...meaningOf(code, this.#session.over));
  }

  /** Returns whether more of the body is welcome. */
  #begin(message: RequestMessage): boolean {
    const { request, origin, time, body, trailers } = message;
    const isWhole = body.length === 0 && trailers !== undefined && trailers.length === 0;
    const stream = this.#session.begin(this, requestList(request, origin, time), isWhole);
    if (stream === undefined) {
      // The connection has ended since it was chosen: its user is told soon, as of any other end.
      setImmediate(() => this.#goneFor('unprocessed'));
      return true;
    }
    this.#stream = stream;
    let flows = true;
    for (const bytes of body) flows = stream.data(bytes, true);
    if (trailers !== undefined && !isWhole) stream.end(trailersRaw(trailers));
    return flows;
  }

  #moveTo(session: Http2Session | undefined): void {
    if (session === undefined || session === this.#session) return;
    this.#session.leave(this);
    this.#session = session;
    session.enter();
  }

  #beginHeld({ message, body, trailers }: HeldRequest): void {
    if (this.#begin({ ...message, body, trailers })) this.#user?.onDrain();
  }

  #takeHead(raw: readonly string[]): void {
    const ended = this.#ended;
    this.#answering = true;
    const head = this.#session.responses.parse(raw, { ended, toHead: this.#toHead });
    if (head.status === 101) throw new ProxyError('bad-response', 'HTTP/2 has no 101');
    if (head.status < 200) this.#user?.onInformational(head);
    else this.#user?.onHead(head);
    // A head that is all of it must stay so: gRPC tells an answer of nothing but a status by that.
    if (ended) this.#endWhole(NO_TRAILERS);
    this.#flushLater();
  }

  #takeBody(bytes: Buffer): void {
    this.#user?.onBody(bytes);
    this.#flushLater();
  }

  #takeEnd(trailers: readonly string[]): void {
    this.#endWhole(this.#session.responses.trailers(trailers));
    this.#flushLater();
  }

  #endWhole(trailers: readonly Field[]): void {
    this.#whole = true;
    this.#user?.onBodyEnd(trailers);
  }

  #tellDrain(): void {
    this.#user?.onDrain();
  }

  #tellSilent(): void {
    this.#user?.onSilent();
  }

  #flush(): void {
    this.#user?.onFlush();
  }

  /** Once for all that the read brings: what it brings together is written together. */
  #flushLater(): void {
    if (this.#willFlush) return;
    this.#willFlush = true;
    this.#session.willFlush(this);
  }

  /** Whatever goes wrong here costs this stream, and no other. */
  #guard<T>(act: (this: this, told: T) => void, told: T): void {
    try {
      act.call(this, told);
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

/** A request as far as it has come, that has not been sent. */
interface HeldRequest {
  readonly message: RequestMessage;
  readonly body: Buffer[];
  trailers: readonly Field[] | undefined;
}

/** Why a stream that is not whole has closed. */
function meaningOf(code: number | undefined, isOver: boolean): [why: Gone, error?: ProxyError] {
  if (code === HTTP2_CODES.refusedStream) return ['unprocessed'];
  // Of a connection, it is we who say so.
  if (code === HTTP2_CODES.enhanceYourCalm && !isOver) return ['overloaded'];
  return code !== undefined && MISTAKES.has(code) ? ['bad-response', NOT_HTTP2] : ['closed'];
}

/** What the instance did against HTTP/2, by the codes that say so. */
const MISTAKES: ReadonlySet<number> = new Set([
  HTTP2_CODES.protocol,
  HTTP2_CODES.flowControl,
  HTTP2_CODES.frameSize,
  HTTP2_CODES.compression,
]);
const NO_TRAILERS: readonly Field[] = [];
const NOT_HTTP2 = new ProxyError('bad-response', 'the instance sent what HTTP/2 does not allow');
const TOO_LARGE = new ProxyError('bad-response', 'the head of the response is too large');
