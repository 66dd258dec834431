import type { Socket } from 'node:net';
import type { Waiting } from '../deadlines.ts';
import { ProxyError } from '../errors.ts';
import { type BodyReader, type BodySink, bodyReader } from '../http/body-reader.ts';
import type { Field } from '../http/fields.ts';
import { type RequestHead, requestHeads } from '../http/request-head.ts';
import { LIMITS } from '../limits.ts';
import type { Runtime } from '../runtime.ts';
import { type Accepted, breakOff, type Incoming, type Surroundings } from './accepted.ts';
import { type ErrorDetails, errorResponse } from './error-response.ts';
import { Exchange } from './exchange.ts';
import type { ExchangeClient } from './exchange-client.ts';
import { HEAD_TIMEOUT } from './failures.ts';
import { HeldBytes } from './held-bytes.ts';
import { Http1Reply } from './http1-reply.ts';
import type { Opening } from './openings.ts';
import { Output } from './output.ts';
import { countRefusal, type Placing, placeOrder, placingOf } from './place-order.ts';
import type { Reply } from './reply.ts';
import { type ReadUser, readShared } from './shared-read.ts';
import type { Tunnel } from './tunnel.ts';
import { Uptake } from './uptake.ts';

/**
 * One client's connection: heads, bodies, and one exchange at a time. Requests that a client pipelines wait here, not
 * looked at, until the one before has been answered: so answers come in order. What may wait has a limit.
 */
export class ClientConnection implements Accepted, ExchangeClient, BodySink, ReadUser, Waiting, Opening {
  readonly socket: Socket;
  deadlineAt: number;
  readonly #surroundings: Surroundings;
  readonly #runtime: Runtime;
  readonly #heads = requestHeads();
  readonly #placing: Placing;
  readonly #output: Output;
  readonly #uptake: Uptake;
  #phase: 'head' | 'opening' | 'body' | 'answering' | 'flushing' | 'tunnel' | 'lingering' | 'closed' = 'head';
  #request: RequestHead | undefined;
  /** When its head had come. */
  #readAt = 0;
  #body: BodyReader | undefined;
  #exchange: Exchange | undefined;
  #tunnel: Tunnel | undefined;
  readonly #held = new HeldBytes();
  #reading = false;
  #ended = false;
  /** It ends by then at the latest, though its client was not told. */
  #leaveBy = Number.POSITIVE_INFINITY;

  constructor({ socket, clientAddress, secure }: Incoming, surroundings: Surroundings) {
    this.#surroundings = surroundings;
    this.#runtime = surroundings.runtime;
    this.socket = readShared(socket, this);
    this.#output = new Output(this.socket);
    this.#uptake = new Uptake(this.socket);
    this.#placing = placingOf({ clientAddress, secure, protocol: 'http/1.1' }, surroundings);
    this.deadlineAt = this.#runtime.now() + LIMITS.requestHeadTimeoutMs;
    this.#runtime.deadlines.add(this);
    this.socket.on('end', () => this.#guard(this.#onEnd, undefined));
    this.socket.on('drain', () => this.#onDrain());
    this.socket.on('error', () => this.socket.destroy());
    this.socket.on('close', () => this.#onClose());
  }

  onRead(bytes: Buffer): void {
    this.#guard(this.#onBytes, bytes);
  }

  onTurn(): void {
    if (this.#phase === 'opening') this.#readHeld();
  }

  endWhenIdle(graceMs: number): void {
    this.#leaveBy = this.#runtime.now() + graceMs;
    this.#tunnel?.goAway();
    if (this.#phase !== 'head' || this.#heads.hasBegun) return;
    if (graceMs > 0) this.deadlineAt = Math.min(this.deadlineAt, this.#leaveBy);
    else this.#linger();
  }

  get leaving(): boolean {
    return this.#leaveBy < Number.POSITIVE_INFINITY || this.#runtime.closing();
  }

  onBody(bytes: Buffer): void {
    this.#exchange?.onRequestBody(bytes);
  }

  onBodyEnd(trailers: readonly Field[]): void {
    this.#exchange?.onRequestEnd(trailers);
  }

  replyTo(request: RequestHead): Reply {
    this.#output.clear();
    return new Http1Reply(request, this.#output);
  }

  pauseBody(): void {
    if (this.#phase === 'body') this.socket.pause();
  }

  resumeBody(): void {
    if (this.#phase === 'body') this.socket.resume();
  }

  answer(details: ErrorDetails): void {
    // After an unread body, or a head that was not understood, nobody knows where the next request begins.
    const close = this.#request === undefined || this.#request.fields.close || this.#phase === 'body';
    this.socket.write(errorResponse(details, { close, toHead: this.#request?.method === 'HEAD' }));
    this.done({ keep: !close });
  }

  done({ keep }: { readonly keep: boolean }): void {
    this.#exchange = undefined;
    if (this.#phase === 'closed') return;
    const now = this.#runtime.now();
    if (!keep || this.#phase === 'body' || this.#leaveBy <= now) {
      this.#linger();
      return;
    }
    // A client that sends requests and reads no answers must not fill our memory with them.
    this.#phase = this.socket.writableNeedDrain ? 'flushing' : 'head';
    this.#request = undefined;
    this.deadlineAt = Math.min(now + LIMITS.clientIdleMs, this.#leaveBy);
    if (this.#phase === 'flushing') this.#waitForClient();
    else if (!this.#reading) this.#readHeld();
  }

  cut(_: ProxyError, { byReset }: { readonly byReset: boolean }): void {
    this.#exchange = undefined;
    if (byReset) breakOff(this.socket);
    else this.socket.destroySoon();
  }

  become(tunnel: Tunnel): void {
    this.#exchange = undefined;
    this.#phase = 'tunnel';
    this.#tunnel = tunnel;
    this.deadlineAt = tunnel.deadlineAt;
    const held = this.#held.take();
    if (held.length > 0) tunnel.onClientBytes(held);
    if (this.#ended) tunnel.onClientEnd();
    if (this.leaving) tunnel.goAway();
    this.socket.resume();
  }

  onDeadline(): void {
    if (this.#tunnel !== undefined) this.#checkTunnel(this.#tunnel);
    else if (this.#exchange !== undefined) this.#exchange.onDeadline();
    else if (this.#phase === 'head' && this.#heads.hasBegun) this.#refuse(HEAD_TIMEOUT);
    else if (this.#phase !== 'head' && this.#uptake.moves()) this.#waitForClient();
    else this.socket.destroy();
  }

  #checkTunnel(tunnel: Tunnel): void {
    this.deadlineAt = tunnel.deadlineAt;
    if (this.deadlineAt <= this.#runtime.now()) tunnel.onDeadline();
  }

  #onBytes(bytes: Buffer): void {
    if (this.#tunnel !== undefined) this.#tunnel.onClientBytes(bytes);
    else if (this.#phase === 'opening') this.#held.add(bytes, this.socket);
    else if (this.#phase !== 'lingering' && this.#phase !== 'closed') this.#read(bytes);
  }

  #onDrain(): void {
    if (this.#phase === 'flushing') {
      this.#phase = 'head';
      this.deadlineAt = this.#runtime.now() + LIMITS.clientIdleMs;
      this.#readHeld();
    } else (this.#tunnel ?? this.#exchange)?.onClientDrain();
  }

  #readHeld(): void {
    const held = this.#held.take();
    this.socket.resume();
    if (held.length > 0 || this.#phase === 'opening') this.#guard(this.#read, held);
    else if (this.#ended) this.#linger();
  }

  #read(bytes: Buffer): void {
    this.#reading = true;
    try {
      let at = this.#phase === 'opening' && this.#request ? this.#begin(this.#request, bytes, 0) : 0;
      while (at < bytes.length) {
        if (this.#phase === 'head') at = this.#readHead(bytes, at);
        else if (this.#phase === 'body') at = this.#readBody(bytes, at);
        else break;
      }
      if (at < bytes.length && WAITING.has(this.#phase)) this.#held.add(bytes.subarray(at), this.socket);
      // The end may have come while these bytes waited.
      if (this.#ended) this.#heedEnd();
    } finally {
      this.#reading = false;
    }
  }

  #readHead(bytes: Buffer, start: number): number {
    const began = this.#heads.hasBegun;
    const read = this.#heads.read(bytes, start, bytes.length);
    if (read === undefined) {
      if (!began) this.deadlineAt = this.#runtime.now() + LIMITS.requestHeadTimeoutMs;
      return bytes.length;
    }
    this.#request = read.head;
    this.#body = bodyReader(read.head.fields.framing);
    this.#readAt = this.#runtime.now();
    if (this.#runtime.openings.tryOpen()) return this.#begin(read.head, bytes, start + read.length);
    this.#phase = 'opening';
    this.deadlineAt = Number.POSITIVE_INFINITY;
    this.#runtime.openings.defer(this);
    return start + read.length;
  }

  #begin(request: RequestHead, bytes: Buffer, start: number): number {
    this.#phase = this.#body === undefined ? 'answering' : 'body';
    const placed = placeOrder(request, this.#placing, this.#readAt);
    if (placed.kind === 'nowhere') {
      this.answer(placed.details);
      return start;
    }
    const exchange = new Exchange(placed.order, this, this.#runtime);
    this.#exchange = exchange;
    // What has already come of the body goes out with the head, in one write.
    const at = this.#readBody(bytes, start);
    exchange.begin();
    return at;
  }

  #readBody(bytes: Buffer, start: number): number {
    const at = this.#body?.read(bytes, start, bytes.length, this) ?? start;
    if (this.#body?.done && this.#phase === 'body') this.#phase = 'answering';
    return at;
  }

  /** Whatever goes wrong here costs this connection, and no other. */
  #guard<What>(act: (this: ClientConnection, what: What) => void, what: What): void {
    const { clock } = this.#runtime;
    const holds = clock.hold();
    try {
      act.call(this, what);
    } catch (thrown) {
      const error = ProxyError.from(thrown);
      if (error.code === 'internal') this.#runtime.stats.unexpected++;
      this.#refuse(error);
    } finally {
      if (holds) clock.release();
    }
  }

  #refuse({ code, message }: ProxyError): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    exchange?.onClientGone();
    countRefusal(this.#placing, code, { isPlaced: exchange !== undefined });
    const details = { code, message, service: undefined, requestId: undefined };
    if (this.socket.writable) this.socket.write(errorResponse(details, { close: true, toHead: false }));
    this.#linger();
  }

  /** Sends what waits and FIN, and drops what still comes for a moment: a reset at once could destroy the answer on its way. */
  #linger(): void {
    this.#phase = 'lingering';
    this.#held.take();
    this.#waitForClient();
    this.socket.end(() => this.#waitForClient(LIMITS.lingerMs));
    this.socket.resume();
  }

  /** Where it takes some of what waits for it meanwhile, it is waited for again. */
  #waitForClient(forMs: number = LIMITS.clientStillMs): void {
    this.#uptake.begin();
    this.deadlineAt = this.#runtime.now() + forMs;
  }

  #onEnd(): void {
    this.#ended = true;
    if (this.#tunnel !== undefined) this.#tunnel.onClientEnd();
    else this.#heedEnd();
  }

  /** The client sends no more: an answer may still be on its way, but half a request will never be whole. */
  #heedEnd(): void {
    if (this.#phase === 'head') this.#linger();
    else if (this.#phase === 'body') this.socket.destroy();
    else if (this.#phase === 'answering') this.#exchange?.onClientEnd();
  }

  #onClose(): void {
    this.#phase = 'closed';
    this.#runtime.deadlines.delete(this);
    this.#exchange?.onClientGone();
    this.#tunnel?.onClientGone();
    this.#exchange = undefined;
    this.#surroundings.onClose(this);
  }
}

/** What comes meanwhile waits. */
const WAITING: ReadonlySet<string> = new Set(['opening', 'answering', 'flushing']);
