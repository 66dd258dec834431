import { connect, type Socket } from 'node:net';
import type { Clock } from '../clock.ts';
import { Http2ResponseParser } from '../http/http2-response.ts';
import { Session } from '../http2/session.ts';
import type { SessionUser } from '../http2/session-user.ts';
import type { SessionStream, StreamUser } from '../http2/stream.ts';
import { LIMITS } from '../limits.ts';
import { SHARED } from './read-buffers.ts';

/** Who has, or will have, one stream of a connection. */
export interface StreamOwner extends StreamUser {
  onSessionOpen(): void;
  onSessionRefused(): void;
  /** Other streams have ended: it can begin the one that it asked for. */
  onRoom(): void;
  /** The connection takes no more streams, and has none for it. */
  onNoRoom(): void;
  /** All that one read brought has been told. */
  onRead(): void;
}

export interface Http2SessionOptions {
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
  /** It takes no new requests. */
  readonly onEnd: (session: Http2Session) => void;
}

/** One HTTP/2 connection to an instance, which carries many requests at once. */
export class Http2Session implements SessionUser {
  readonly responses = new Http2ResponseParser();
  readonly #socket: Socket;
  readonly #session: Session;
  readonly #clock: Clock;
  readonly #onEnd: (session: Http2Session) => void;
  /** Until the instance has told how many streams it takes: what is beyond that would be refused. */
  readonly #connecting = new Set<StreamOwner>();
  /** Those that wait for other streams to end: beyond what the instance takes at once. */
  readonly #held = new Set<StreamOwner>();
  /** Those that the read under way has brought something for. */
  readonly #read: StreamOwner[] = [];
  #state: 'connecting' | 'open' | 'ended' = 'connecting';
  /** Requests that have it, those that wait for it to open included. */
  #users = 0;
  /** When it was first seen without requests, since the last one. */
  #idleSince: number | undefined;

  constructor({ host, port, clock, onEnd }: Http2SessionOptions) {
    this.#clock = clock;
    this.#onEnd = onEnd;
    const callback = (count: number) => this.#onBytes(count);
    const onread = { buffer: SHARED, callback };
    this.#socket = connect({ host, port, noDelay: true, autoSelectFamily: false, onread });
    this.#session = new Session({ role: 'client', socket: this.#socket, user: this, now: clock.now });
    this.#socket.on('drain', () => this.#session.onDrain());
    this.#socket.on('error', () => undefined);
    // An instance that sends no more answers nothing either.
    this.#socket.once('end', () => this.#socket.destroy());
    this.#socket.once('close', () => this.#session.onSocketClose());
  }

  get open(): boolean {
    return this.#state === 'open';
  }

  /** Requests that it can take beside those it has; below zero, so many wait. */
  get room(): number {
    if (this.#state === 'ended') return 0;
    return (this.#state === 'open' ? this.#session.peerStreams : LIMITS.http2StreamsUntold) - this.#users;
  }

  enter(): void {
    this.#users++;
    this.#idleSince = undefined;
  }

  leave(owner: StreamOwner): void {
    this.#connecting.delete(owner);
    this.#held.delete(owner);
    this.#users--;
    // Nobody waits for it any more: whoever comes next shall not wait for the same one.
    if (this.#state === 'connecting' && this.#users === 0) this.#socket.destroy();
  }

  whenOpen(owner: StreamOwner): void {
    if (this.#state === 'connecting') this.#connecting.add(owner);
  }

  /** Whether a stream can begin now; if not, its owner is told when it can, or that it can't any more. */
  takes(owner: StreamOwner): boolean {
    if (this.#state === 'open' && (this.#held.size > 0 || this.#isFull)) {
      this.#held.add(owner);
      return false;
    }
    return true;
  }

  /** Undefined where the connection has ended meanwhile. Throws where the fields can't be sent. */
  begin(owner: StreamOwner, raw: readonly string[], ended: boolean): SessionStream | undefined {
    return this.#session.open(owner, raw, ended);
  }

  /** Something has come for it. */
  willFlush(owner: StreamOwner): void {
    this.#read.push(owner);
  }

  /** To be asked now and then: whether it has had no requests for too long. */
  isIdle(now: number): boolean {
    if (this.#users > 0) return false;
    this.#idleSince ??= now;
    return now - this.#idleSince > LIMITS.upstreamIdleMs;
  }

  /** Lets what it carries finish. */
  close(): void {
    const isOpen = this.#state === 'open';
    this.#end();
    if (isOpen) this.#session.close();
    else this.#socket.destroy();
  }

  onStream(): StreamUser {
    throw new Error('a server has no streams of its own');
  }

  onStreamEnd(): void {
    this.#letIn();
  }

  onSettings(): void {
    if (this.#state === 'connecting') {
      this.#state = 'open';
      for (const owner of taken(this.#connecting)) owner.onSessionOpen();
    } else this.#letIn();
  }

  onGoaway(): void {
    this.#end();
  }

  onClose(): void {
    this.#end();
    for (const owner of taken(this.#connecting)) owner.onSessionRefused();
    // What was written still leaves; but an instance that does not take it, or never closes, keeps nothing alive.
    this.#socket.destroySoon();
    if (!this.#socket.destroyed) setTimeout(() => this.#socket.destroy(), LIMITS.lingerMs).unref();
  }

  get #isFull(): boolean {
    return this.#session.streams.size >= this.#session.peerStreams;
  }

  #onBytes(count: number): boolean {
    const holds = this.#clock.hold();
    try {
      if (view.length !== count) view = SHARED.subarray(0, count);
      this.#session.read(view);
      for (const owner of this.#read) owner.onRead();
      this.#read.length = 0;
    } finally {
      if (holds) this.#clock.release();
    }
    return true;
  }

  #letIn(): void {
    for (const owner of this.#held) {
      if (this.#state !== 'open' || this.#isFull) return;
      this.#held.delete(owner);
      owner.onRoom();
    }
  }

  #end(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#onEnd(this);
    for (const owner of taken(this.#held)) owner.onNoRoom();
  }
}

/** Of the buffer that is read into. A read often brings as much as the one before. */
let view: Buffer = SHARED;

function taken(owners: Set<StreamOwner>): readonly StreamOwner[] {
  const all = [...owners];
  owners.clear();
  return all;
}
