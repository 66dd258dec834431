import { connect, type Socket } from 'node:net';
import type { Clock } from '../clock.ts';
import type { Deadlines } from '../deadlines.ts';
import { Http2ResponseParser } from '../http/http2-response.ts';
import { HTTP2_CODES } from '../http2/http2-error.ts';
import { Session } from '../http2/session.ts';
import type { SessionUser } from '../http2/session-user.ts';
import type { SessionStream, StreamUser } from '../http2/stream.ts';
import { LIMITS } from '../limits.ts';
import { Keepalive, type KeepaliveUser } from './keepalive.ts';
import { SHARED } from './read-buffers.ts';

/** Who has, or will have, one stream of a connection. */
export interface StreamOwner extends StreamUser {
  onSessionOpen(): void;
  onSessionRefused(): void;
  /** It can begin the stream that it waits for, over this connection: streams have ended, or this one is another. */
  onRoom(session: Http2Session): void;
  /** The connection takes no more streams, and has none for it. */
  onNoRoom(): void;
  /** All that one read brought has been told. */
  onRead(): void;
}

export interface Http2SessionOptions {
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  /** Whether it may be asked if it is still there. */
  readonly mayPing: boolean;
  readonly user: Http2SessionUser;
}

/** The other connections to the instance. */
export interface Http2SessionUser {
  /** One that takes a stream now. */
  withRoom(): Http2Session | undefined;
  /** It does not answer for now. */
  onSilent(): void;
  /** It is open, or answers again. */
  onHeard(): void;
  /** It has room for more streams. */
  onRoom(session: Http2Session): void;
  /** A request waits, as it has none. */
  onHeld(): void;
  /** The instance says that it is asked for too much. */
  onCalm(): void;
  /** It takes no new requests. */
  onEnd(session: Http2Session): void;
}

/** One HTTP/2 connection to an instance, which carries many requests at once. */
export class Http2Session implements SessionUser, KeepaliveUser {
  readonly responses = new Http2ResponseParser();
  readonly #socket: Socket;
  readonly #session: Session;
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  readonly #user: Http2SessionUser;
  readonly #keepalive: Keepalive;
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

  constructor({ host, port, clock, deadlines, mayPing, user }: Http2SessionOptions) {
    this.#clock = clock;
    this.#deadlines = deadlines;
    this.#user = user;
    this.#keepalive = new Keepalive(this, clock.now);
    if (mayPing) deadlines.add(this.#keepalive);
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

  /** A PING is not answered. It may only be late. */
  get silent(): boolean {
    return this.#keepalive.silent;
  }

  /** Nothing is read or sent any more. */
  get over(): boolean {
    return this.#session.deaf;
  }

  get streams(): number {
    return this.#session.streams.size;
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

  /** Whether a stream can begin now, and none waits for that already. */
  get takes(): boolean {
    return this.#state !== 'open' || (this.#held.size === 0 && !this.#isFull);
  }

  /** The one that takes a stream now, where this one does not; undefined: none does. */
  get other(): Http2Session | undefined {
    return this.#user.withRoom();
  }

  /** Its owner is told when it can begin a stream, or that it can't any more. */
  hold(owner: StreamOwner): void {
    this.#held.add(owner);
    this.#user.onHeld();
  }

  get holds(): boolean {
    return this.#held.size > 0;
  }

  /** Those that wait here begin there, as far as there is room. */
  letInto(session: Http2Session): void {
    for (const owner of this.#held) {
      if (!session.takes) return;
      this.#held.delete(owner);
      owner.onRoom(session);
    }
  }

  /** Undefined where the connection has ended meanwhile. Throws where the fields can't be sent. */
  begin(owner: StreamOwner, raw: readonly string[], ended: boolean): SessionStream | undefined {
    this.#keepalive.onCall(this.#clock.now());
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
    const mostMs = this.#state === 'connecting' ? LIMITS.http2PingTimeoutMs : LIMITS.upstreamIdleMs;
    return now - this.#idleSince > mostMs;
  }

  /** Lets what it carries finish. */
  close(): void {
    const isOpen = this.#state === 'open';
    this.#end();
    if (isOpen) this.#session.close();
    else this.#socket.destroy();
  }

  ping(): void {
    this.#session.ping();
  }

  onSilent(): void {
    this.#user.onSilent();
    this.#session.tellSilent();
  }

  onHeard(): void {
    this.#user.onHeard();
  }

  onDead(): void {
    this.#socket.destroy();
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
      this.#user.onHeard();
      for (const owner of taken(this.#connecting)) owner.onSessionOpen();
    }
    this.#letIn();
  }

  onGoaway(code: number): void {
    if (code === HTTP2_CODES.enhanceYourCalm) this.#user.onCalm();
    this.#end();
  }

  onClose(): void {
    this.#deadlines.delete(this.#keepalive);
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
      this.#keepalive.onRead(this.#clock.now(), this.#read.length > 0);
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
      owner.onRoom(this);
    }
    if (this.#state === 'open' && !this.#isFull) this.#user.onRoom(this);
  }

  #end(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#user.onEnd(this);
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
