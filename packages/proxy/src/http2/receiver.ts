import { LIMITS } from '../limits.ts';
import { ControlFrames, type ControlHost } from './control-frames.ts';
import { FLAG, FRAME, HEAD_BYTES, uint31, uint32, WINDOW_BYTES } from './frames.ts';
import type { GoneStreams } from './gone-streams.ts';
import { HeadCheck } from './head-check.ts';
import { HeaderBlock } from './header-block.ts';
import type { HpackDecoder } from './hpack-decoder.ts';
import { HTTP2_CODES, type Http2Code, Http2Error } from './http2-error.ts';
import type { LiveStream } from './live-stream.ts';
import type { SessionLimits } from './session-options.ts';

/** The connection, to what understands its frames. */
export interface ReceiverHost extends ControlHost {
  readonly isServer: boolean;
  readonly gone: GoneStreams;
  readonly decoder: HpackDecoder;
  readonly limits: SessionLimits;
  /** Streams that pause have been given so much that nothing more should come. */
  readonly holdsTooMuch: boolean;
  /** The last stream that was opened, by whoever opens them. */
  readonly lastStream: number;
  /** Of a server: a client begins a stream. Undefined: it is refused. */
  accept(id: number): LiveStream | undefined;
  /** Of a server: what a client has begun is no request. */
  refuse(id: number, code: number): void;
}

/** Understands frames, one after the other, and holds the peer to RFC 9113. Throws `Http2Error` for what ends the connection. */
export class Receiver {
  /** Bytes that may still come on the connection. */
  window = WINDOW_BYTES;
  readonly #host: ReceiverHost;
  readonly #control: ControlFrames;
  readonly #check = new HeadCheck();
  /** What is not complete yet: nothing else may come before it is. */
  #block: HeaderBlock | undefined;
  /** The frame that is read. */
  #bytes: Buffer = NOTHING;
  #flags = 0;
  #id = 0;
  #at = 0;
  #end = 0;

  constructor(host: ReceiverHost) {
    this.#host = host;
    this.#control = new ControlFrames(host);
  }

  onFrame(bytes: Buffer, start: number, end: number): void {
    const type = bytes[start + 3] ?? 0;
    this.#bytes = bytes;
    this.#flags = bytes[start + 4] ?? 0;
    this.#id = uint31(bytes, start + 5);
    this.#at = start + HEAD_BYTES;
    this.#end = end;
    if (this.#block !== undefined && type !== FRAME.continuation) protocolError('a block of fields breaks off');
    if (!this.#host.settled && type !== FRAME.settings) protocolError('no SETTINGS at the beginning');
    this.#dispatch(type);
    this.#bytes = NOTHING;
  }

  #dispatch(type: number): void {
    if (type === FRAME.data) this.#onData();
    else if (type === FRAME.headers) this.#onHeaders();
    else if (type === FRAME.continuation) this.#onContinuation();
    else if (type === FRAME.update) this.#onUpdate();
    else if (type === FRAME.reset) this.#onReset();
    else if (type === FRAME.push) protocolError('a push that nobody has asked for');
    else this.#control.onFrame({ type, flags: this.#flags, id: this.#id }, this.#bytes, this.#at, this.#end);
  }

  #onData(): void {
    const length = this.#end - this.#at;
    const stream = this.#host.streams.get(this.#id);
    if (stream === undefined) this.#refuseIdle();
    this.#takeWindow(length);
    this.#skipPadding();
    const ended = this.#has(FLAG.endStream);
    if (this.#at === this.#end && !ended) this.#host.flood.empty();
    if (stream === undefined) this.#onLateData(ended);
    else if (stream.ended) this.#streamError('streamClosed');
    else {
      const mistake = stream.onData(this.#bytes.subarray(this.#at, this.#end), length, ended);
      if (mistake !== undefined) this.#streamError(mistake);
    }
  }

  /** Of a stream that is no more. */
  #onLateData(ended: boolean): void {
    const { gone, flood } = this.#host;
    if (this.#isUnheard) {
      if (ended) gone.delete(this.#id);
      return;
    }
    flood.empty();
    this.#streamError('streamClosed');
  }

  /**
   * Opens the connection's window for what has come. A stream that is not read stops no other: only where all of those together
   * hold too much, nothing more may come until some are read or over.
   */
  openWindow(): void {
    const { limits, sender, holdsTooMuch } = this.#host;
    const read = limits.connectionWindowBytes - this.window;
    if (holdsTooMuch || read < limits.connectionWindowBytes / 2) return;
    this.window += read;
    sender.outbox.number(FRAME.update, 0, read);
    sender.wake();
  }

  #takeWindow(length: number): void {
    this.window -= length;
    if (this.window < 0) throw new Http2Error('flowControl', 'more DATA than the connection has a window for');
    this.openWindow();
  }

  #onHeaders(): void {
    this.#skipPadding();
    const ended = this.#has(FLAG.endStream);
    if (this.#has(FLAG.priority)) {
      if (this.#end - this.#at < 5) throw new Http2Error('frameSize', 'a priority that is cut');
      if (uint31(this.#bytes, this.#at) === this.#id) protocolError('a stream that depends on itself');
      this.#at += 5;
    }
    this.#refuseStrange();
    if (this.#has(FLAG.endHeaders)) this.#onBlock(ended, this.#bytes, this.#at, this.#end);
    else {
      this.#block = new HeaderBlock({ stream: this.#id, ended }, LIMITS.fieldsBytes);
      this.#block.add(this.#bytes, this.#at, this.#end);
    }
  }

  #onContinuation(): void {
    const block = this.#block;
    if (block === undefined || block.owner.stream !== this.#id) protocolError('a continuation of nothing');
    block.add(this.#bytes, this.#at, this.#end);
    if (!this.#has(FLAG.endHeaders)) return;
    this.#block = undefined;
    const { whole } = block;
    this.#onBlock(block.owner.ended, whole, 0, whole.length);
  }

  /** Whatever becomes of its stream, a block is decoded: those that follow refer to it. */
  #onBlock(ended: boolean, bytes: Buffer, start: number, end: number): void {
    const raw = this.#host.decoder.decode(bytes, start, end);
    const stream = this.#host.streams.get(this.#id);
    if (stream !== undefined) this.#onFields(stream, raw, ended);
    else if (!this.#isUnheard) this.#onOpen(raw, ended);
    else if (ended) this.#host.gone.delete(this.#id);
  }

  #onOpen(raw: Fields, ended: boolean): void {
    const { lastStream } = this.#host;
    if (this.#id === lastStream) throw new Http2Error('streamClosed', 'fields of a stream that has closed');
    if (this.#id < lastStream) protocolError('a stream that is older than the last');
    if (raw !== 'too-large' && this.#check.check(raw, 'request').mistake !== undefined) {
      this.#host.flood.reset();
      this.#host.refuse(this.#id, HTTP2_CODES.protocol);
      return;
    }
    const stream = this.#host.accept(this.#id);
    if (stream !== undefined) this.#onFields(stream, raw, ended);
  }

  #onFields(stream: LiveStream, raw: Fields, ended: boolean): void {
    if (stream.ended) this.#streamError('streamClosed');
    else if (raw === 'too-large') this.#onTooLarge(stream, ended);
    else {
      const kind = stream.hasHead ? 'trailers' : this.#host.isServer ? 'request' : 'response';
      const checked = this.#check.check(raw, kind);
      if (checked.mistake !== undefined || !stream.onFields(raw, checked, ended)) this.#streamError('protocol');
    }
  }

  #onTooLarge(stream: LiveStream, ended: boolean): void {
    if (stream.hasHead) this.#streamError('enhanceYourCalm');
    else stream.onHeadTooLarge(ended);
  }

  #onReset(): void {
    if (this.#end - this.#at !== 4) throw new Http2Error('frameSize', 'RST_STREAM without a code');
    const stream = this.#host.streams.get(this.#id);
    if (stream === undefined) this.#refuseIdle();
    this.#host.gone.delete(this.#id);
    this.#countReset();
    stream?.onReset(uint32(this.#bytes, this.#at));
  }

  #onUpdate(): void {
    if (this.#end - this.#at !== 4) throw new Http2Error('frameSize', 'WINDOW_UPDATE without a size');
    const { sender, flood, streams } = this.#host;
    const more = uint31(this.#bytes, this.#at);
    flood.update();
    if (this.#id === 0) {
      if (more === 0) protocolError('a window that is opened by nothing');
      if (!sender.enlarge(more)) throw new Http2Error('flowControl', 'a window that is too large');
      return;
    }
    const stream = streams.get(this.#id);
    if (stream === undefined) this.#refuseIdle();
    else if (more === 0) this.#streamError('protocol');
    else if (!stream.moveWindow(more)) this.#streamError('flowControl');
  }

  #has(flag: number): boolean {
    return (this.#flags & flag) !== 0;
  }

  #skipPadding(): void {
    if (!this.#has(FLAG.padded)) return;
    const padding = this.#bytes[this.#at] ?? 0;
    if (this.#at === this.#end || padding >= this.#end - this.#at) protocolError('more padding than frame');
    this.#at += 1;
    this.#end -= padding;
  }

  /** No frame but those that open a stream may name one that nobody has opened. */
  #refuseIdle(): void {
    if (this.#isOwnKind && this.#id <= this.#host.lastStream) return;
    protocolError('a frame of a stream that nobody has opened');
  }

  #refuseStrange(): void {
    if (!this.#isOwnKind || (!this.#host.isServer && this.#id > this.#host.lastStream)) {
      protocolError('a stream that the peer can not open');
    }
  }

  /** Clients open streams of odd numbers; servers would push those of even ones, which we don't take. */
  get #isOwnKind(): boolean {
    return this.#id % 2 === 1;
  }

  /**
   * Whether the peer may not have heard yet that we have reset this stream. A server may send what it likes of those that a
   * client has left: they can be hundreds at once, and whoever else uses the connection is not to blame.
   */
  get #isUnheard(): boolean {
    return !this.#host.isServer || this.#host.gone.has(this.#id);
  }

  /** Of a client's resets there is a limit; a server that refuses what it is asked has its reasons. */
  #countReset(): void {
    if (this.#host.isServer) this.#host.flood.reset();
  }

  /** What ends the stream and no other. Each counts as if the peer had reset it: it could have as well. */
  #streamError(name: Http2Code): void {
    this.#countReset();
    const stream = this.#host.streams.get(this.#id);
    if (stream !== undefined) stream.reset(HTTP2_CODES[name]);
    else {
      this.#host.sender.outbox.number(FRAME.reset, this.#id, HTTP2_CODES[name]);
      this.#host.sender.wake();
    }
  }
}

type Fields = readonly string[] | 'too-large';

function protocolError(message: string): never {
  throw new Http2Error('protocol', message);
}

const NOTHING = Buffer.alloc(0);
