import { LIMITS } from '../limits.ts';
import { Flood } from './flood.ts';
import { FrameReader, type FrameSink } from './frame-reader.ts';
import { FRAME, MOST, PREFACE } from './frames.ts';
import { GoneStreams } from './gone-streams.ts';
import { HpackDecoder } from './hpack-decoder.ts';
import { HpackEncoder } from './hpack-encoder.ts';
import { HTTP2_CODES, Http2Error } from './http2-error.ts';
import { LiveStream, type StreamHost } from './live-stream.ts';
import { Outbox } from './outbox.ts';
import { Receiver, type ReceiverHost } from './receiver.ts';
import { Sender, type SenderUser } from './sender.ts';
import { SESSION_LIMITS, type SessionLimits, type SessionOptions } from './session-options.ts';
import type { SessionUser } from './session-user.ts';
import { Settings, settingsPayload } from './settings.ts';
import type { SessionStream, StreamUser } from './stream.ts';

/**
 * One connection of HTTP/2 (RFC 9113), of a server or of a client. It knows nothing of what its streams are for. Frames are read
 * out of the buffer that the socket was read into, and written into one that leaves at the end of the turn; a stream is
 * an object and no more. What the peer does wrong ends its stream, or the connection, as the RFC says; what it may do,
 * and what costs us more than it, has limits.
 */
export class Session implements FrameSink, ReceiverHost, SenderUser, StreamHost {
  readonly sender: Sender;
  readonly streams = new Map<number, LiveStream>();
  readonly gone = new GoneStreams();
  readonly flood: Flood;
  readonly peer = new Settings();
  readonly limits: SessionLimits;
  readonly isServer: boolean;
  readonly decoder = new HpackDecoder({
    tableBytes: TABLE_BYTES,
    listBytes: LIMITS.fieldsBytes,
    fields: LIMITS.fields + PSEUDO_FIELDS,
  });
  lastStream = 0;
  settled = false;
  acknowledged = false;
  readonly #options: SessionOptions;
  readonly #user: SessionUser;
  readonly #encoder = new HpackEncoder();
  readonly #reader = new FrameReader();
  readonly #receiver: Receiver;
  #preface: number;
  /** What its streams were given while they pause. */
  #held = 0;
  /** Of a client: how many of the next streams get a wide window from the beginning, since one has needed it. */
  #wideAhead = 0;
  #state: 'open' | 'leaving' | 'over' = 'open';
  #told: { stream: LiveStream; code: number | undefined }[] = [];

  constructor(options: SessionOptions) {
    const { role, socket, user, now, limits = SESSION_LIMITS[role] } = options;
    this.#options = options;
    this.#user = user;
    this.limits = limits;
    this.isServer = role === 'server';
    this.#preface = this.isServer ? 0 : PREFACE.length;
    this.flood = new Flood(now);
    this.sender = new Sender(new Outbox(socket), this);
    this.#receiver = new Receiver(this);
    this.#greet();
  }

  /** All that the socket brings. Never throws. */
  read(bytes: Buffer): void {
    try {
      const from = this.#preface < PREFACE.length ? this.#readPreface(bytes) : 0;
      this.#reader.read(bytes, from, this);
    } catch (thrown) {
      if (thrown instanceof Http2Error) this.destroy(thrown.number);
      else this.onBroken(thrown);
    }
  }

  /** The socket takes more again. */
  onDrain(): void {
    this.sender.wake();
  }

  /** The socket has closed. */
  onSocketClose(): void {
    this.sender.outbox.clear();
    this.#endAll(HTTP2_CODES.cancel, undefined);
  }

  /** Of a client: begins a stream. Undefined where this connection takes no more. Throws where the head can't be written. */
  open(user: StreamUser, raw: readonly string[], ended: boolean): SessionStream | undefined {
    if (this.#state !== 'open' || this.lastStream > MOST - 2) return undefined;
    this.lastStream = this.lastStream === 0 ? 1 : this.lastStream + 2;
    const stream = new LiveStream(this.lastStream, this, this.peer.windowBytes);
    stream.isToHead = raw[raw.indexOf(':method') + 1] === 'HEAD';
    // Throws where it can't be written, and then there is no stream.
    stream.head(raw, ended);
    stream.use(user);
    this.streams.set(stream.id, stream);
    if (this.#wideAhead > 0) this.#widenAhead(stream);
    return stream;
  }

  /** How many streams the peer takes at once; Infinity where it has not said. */
  get peerStreams(): number {
    return this.peer.streams ?? Number.POSITIVE_INFINITY;
  }

  /** The peer answers it at once, whatever else it does. */
  ping(): void {
    if (this.#state === 'over') return;
    this.sender.outbox.frame({ type: FRAME.ping, flags: 0, stream: 0 }, PING, 0, PING.length);
    this.sender.wake();
  }

  /** Tells the users of all streams that the peer does not answer for now. */
  tellSilent(): void {
    for (const stream of [...this.streams.values()]) stream.tellSilent();
  }

  /** Asks for no more streams, and refuses none yet. */
  goodbye(): void {
    if (this.#state === 'open') this.#sendGoaway(HTTP2_CODES.none, MOST);
  }

  /** Takes no more streams, and ends the connection when the last one has closed. */
  close(): void {
    if (this.#state !== 'open') return;
    this.#state = 'leaving';
    this.#sendGoaway(HTTP2_CODES.none, this.#lastOfPeer);
  }

  /** Ends all at once; the peer is told why. */
  destroy(code: number): void {
    if (this.#state === 'over') return;
    this.#sendGoaway(code, this.#lastOfPeer);
    this.sender.outbox.flush();
    this.#endAll(code, undefined);
    this.#options.socket.end();
  }

  get deaf(): boolean {
    return this.#state === 'over';
  }

  onFrame(bytes: Buffer, start: number, end: number): void {
    this.#receiver.onFrame(bytes, start, end);
  }

  encode(raw: readonly string[]): Buffer {
    return this.#encoder.encode(raw);
  }

  onDataSent(sent: { readonly dribbles: boolean }): void {
    this.flood.sent(sent);
  }

  onTurnEnd(): void {
    const told = this.#told;
    if (told.length > 0) this.#told = [];
    for (const { stream, code } of told) stream.tellClosed(code);
    if (this.sender.outbox.waiting > this.limits.queuedBytes) this.destroy(HTTP2_CODES.enhanceYourCalm);
    else if (this.#state === 'leaving' && this.streams.size === 0 && this.sender.outbox.isEmpty) this.#end();
  }

  onHeld(bytes: number): void {
    this.#held += bytes;
    if (bytes < 0) this.#receiver.openWindow();
  }

  onWidened(): void {
    this.#wideAhead = LIMITS.http2WideAhead;
  }

  /** Of a client, never: those who share its connection don't know each other, and a few that are slow would stop all. */
  get holdsTooMuch(): boolean {
    return this.isServer && this.#held > this.limits.queuedBytes;
  }

  onStreamOver(stream: LiveStream, code: number | undefined, { isOwn }: { readonly isOwn: boolean }): void {
    this.streams.delete(stream.id);
    if (isOwn) {
      if (this.isServer && !stream.ended) this.gone.add(stream.id);
      this.#told.push({ stream, code });
      this.sender.wake();
    } else stream.tellClosed(code);
    this.#user.onStreamEnd(this.streams.size);
    if (this.#state === 'leaving' && this.streams.size === 0) this.sender.wake();
  }

  /** Of a server: a client begins a stream. Undefined where it is refused. */
  accept(id: number): LiveStream | undefined {
    this.lastStream = id;
    const isFull = this.streams.size >= this.limits.streams || this.sender.waiting > this.limits.queuedBytes;
    if (this.#state !== 'open' || isFull) {
      if (isFull) this.flood.refused();
      else this.flood.control();
      this.refuse(id, HTTP2_CODES.refusedStream);
      return undefined;
    }
    const stream = new LiveStream(id, this, this.peer.windowBytes);
    this.streams.set(id, stream);
    stream.use(this.#user.onStream(stream));
    return stream;
  }

  refuse(id: number, code: number): void {
    this.lastStream = id;
    this.gone.add(id);
    this.sender.outbox.number(FRAME.reset, id, code);
    this.sender.wake();
  }

  onAcknowledged(): void {
    this.acknowledged = true;
  }

  onSettings(): void {
    this.settled = true;
    this.#encoder.setTableBytes(this.peer.tableBytes);
    this.#user.onSettings();
  }

  /** The peer takes no more streams. Those of ours above `last` it has not begun. */
  onGoaway(last: number, code: number): void {
    if (this.#state === 'open') this.#state = 'leaving';
    // First: who is refused now asks again at once, and not here.
    this.#user.onGoaway(code);
    if (!this.isServer) {
      for (const [id, stream] of this.streams) if (id > last) stream.onReset(HTTP2_CODES.refusedStream);
    }
    this.sender.wake();
  }

  /** A mistake of ours ends the connection, and is told to its owner. */
  onBroken(thrown: unknown): void {
    if (this.#state === 'over') return;
    this.#sendGoaway(HTTP2_CODES.internal, this.#lastOfPeer);
    this.sender.outbox.flush();
    this.#endAll(HTTP2_CODES.internal, thrown);
    this.#options.socket.end();
  }

  #widenAhead(stream: LiveStream): void {
    this.#wideAhead--;
    stream.widen();
  }

  get #lastOfPeer(): number {
    return this.isServer ? this.lastStream : 0;
  }

  #greet(): void {
    const { outbox } = this.sender;
    const { streams, windowBytes, connectionWindowBytes } = this.limits;
    const both = { windowBytes, fieldsBytes: LIMITS.fieldsBytes };
    if (!this.isServer) outbox.raw(PREFACE);
    const payload = settingsPayload(this.isServer ? { streams, ...both } : { push: 0, ...both });
    outbox.frame({ type: FRAME.settings, flags: 0, stream: 0 }, payload, 0, payload.length);
    const more = connectionWindowBytes - this.#receiver.window;
    if (more > 0) outbox.number(FRAME.update, 0, more);
    this.#receiver.window += more;
    this.sender.wake();
  }

  #readPreface(bytes: Buffer): number {
    const length = Math.min(PREFACE.length - this.#preface, bytes.length);
    const isPreface = bytes.compare(PREFACE, this.#preface, this.#preface + length, 0, length) === 0;
    if (!isPreface) throw new Http2Error('protocol', 'no preface');
    this.#preface += length;
    return length;
  }

  #sendGoaway(code: number, last: number): void {
    const payload = Buffer.alloc(8);
    payload.writeUInt32BE(last, 0);
    payload.writeUInt32BE(code, 4);
    this.sender.outbox.frame({ type: FRAME.goaway, flags: 0, stream: 0 }, payload, 0, payload.length);
    this.sender.wake();
  }

  #end(): void {
    this.#endAll(HTTP2_CODES.none, undefined);
    this.#options.socket.end();
  }

  #endAll(code: number, cause: unknown): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    for (const stream of this.streams.values()) stream.onReset(code);
    this.#user.onClose(cause);
  }
}

/** Of what the peer's blocks refer to: the default, which needs no word. */
const TABLE_BYTES = 4_096;
/** Whatever comes after it shows that it has arrived: what it holds is of no account. */
const PING = Buffer.alloc(8);
/** Of a request; a response has one. */
const PSEUDO_FIELDS = 4;
