import { LIMITS } from '../limits.ts';
import { FRAME, MOST, WINDOW_BYTES } from './frames.ts';
import type { Checked } from './head-check.ts';
import { HTTP2_CODES } from './http2-error.ts';
import { SendQueue } from './send-queue.ts';
import type { Sender, Sending } from './sender.ts';
import type { SessionLimits } from './session-options.ts';
import type { SessionStream, StreamUser } from './stream.ts';
import { WIDE_WINDOWS } from './wide-windows.ts';

/** What a stream needs of its connection. */
export interface StreamHost {
  readonly sender: Sender;
  readonly limits: SessionLimits;
  /** Whether the peer knows them already. */
  readonly acknowledged: boolean;
  /** A stream that pauses has been given so much more; less: it goes on, or is over. */
  onHeld(bytes: number): void;
  /** A stream has needed a wide window, and has one. */
  onWidened(): void;
  /** The stream is no more. `isOwn`: we have reset it, and the peer may not know yet. */
  onStreamOver(stream: LiveStream, code: number | undefined, how: { readonly isOwn: boolean }): void;
}

/** One stream that is open, or half closed (RFC 9113, 5.1). */
export class LiveStream implements SessionStream, Sending {
  readonly id: number;
  sendWindow: number;
  readonly queue = new SendQueue();
  inLine = false;
  sent = 0;
  wantsDrain = false;
  ending: readonly string[] | undefined;
  /** Its head has come: what follows is its body, or trailers. */
  hasHead = false;
  /** The peer has ended its side. */
  ended = false;
  over = false;
  /** A response to HEAD may tell a length that it does not have. */
  isToHead = false;
  readonly #host: StreamHost;
  #user: StreamUser = NOBODY;
  /** What it is opened to, and bytes that may still come before it is. */
  #fullWindow: number;
  #window: number;
  /** Whether that is one of the wide ones, of which there are a few. */
  #isLent = false;
  /** What a peer may send more, which has begun it with the window that there is without a word. */
  readonly #slack: number;
  /** Bytes of the body that are to come, where the head said so. */
  #missing: number | undefined;
  #informational = 0;
  #allSent = false;
  #paused = false;
  /** What has come while it pauses. */
  #held = 0;
  #ignored = false;
  #abandoned = false;

  constructor(id: number, host: StreamHost, sendWindow: number) {
    this.id = id;
    this.#host = host;
    this.sendWindow = sendWindow;
    this.#fullWindow = host.limits.windowBytes;
    this.#window = this.#fullWindow;
    this.#slack = host.acknowledged ? 0 : Math.max(0, WINDOW_BYTES - this.#fullWindow);
  }

  use(user: StreamUser): void {
    this.#user = user;
  }

  head(raw: readonly string[], ended: boolean): void {
    if (this.over || this.ending !== undefined) return;
    this.#host.sender.head(this.id, raw, ended);
    if (!ended) return;
    this.ending = NO_TRAILERS;
    this.onSent();
  }

  data(bytes: Buffer, mayBeKept = false): boolean {
    if (this.over || this.ending !== undefined || bytes.length === 0) return true;
    return this.#host.sender.data(this, bytes, mayBeKept);
  }

  end(trailers: readonly string[] = NO_TRAILERS): void {
    if (this.over || this.ending !== undefined) return;
    this.ending = trailers;
    if (!this.queue.isEmpty) return;
    this.#host.sender.end(this.id, trailers);
    this.onSent();
  }

  reset(code: number): void {
    if (this.over) return;
    const { sender } = this.#host;
    sender.outbox.number(FRAME.reset, this.id, code);
    sender.wake();
    this.#finish(code, { isOwn: true });
  }

  ignore(): void {
    this.#ignored = true;
    this.#paused = true;
    this.#letGo();
  }

  abandon(): void {
    this.ignore();
    this.#abandoned = true;
    if (this.#allSent && !this.ended) this.reset(HTTP2_CODES.none);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused || this.#ignored) return;
    this.#paused = false;
    this.#letGo();
    this.#openWindow();
  }

  onSent(): void {
    this.#allSent = true;
    if (this.ended) this.#finish(undefined, { isOwn: true });
    else if (this.#abandoned) this.reset(HTTP2_CODES.none);
  }

  onDrain(): void {
    this.#user.onDrain();
  }

  /** What comes of it is likely to be large. */
  widen(): void {
    if (this.#widen()) this.#fillWindow();
  }

  /** A head, or trailers, as the check found them. Returns false where they don't fit what came before. */
  onFields(raw: readonly string[], { length, status }: Checked, ended: boolean): boolean {
    if (this.hasHead) return ended && this.#onPeerEnd(raw);
    const isInformational = status >= 100 && status < 200;
    if (isInformational && (ended || ++this.#informational > LIMITS.informationalHeads)) return false;
    this.hasHead = !isInformational;
    const isBodiless = this.isToHead || status === 204 || status === 304;
    if (this.hasHead && !isBodiless) this.#missing = length;
    if (ended && (this.#missing ?? 0) > 0) return false;
    this.ended = ended;
    this.#user.onHead(raw, ended);
    this.#finishWhenBoth();
    return true;
  }

  onHeadTooLarge(ended: boolean): void {
    this.hasHead = true;
    this.ended = ended;
    this.#user.onHeadTooLarge();
    this.#finishWhenBoth();
  }

  /** `length`: what it takes of the window, padding included. Returns what is wrong with it. */
  onData(bytes: Buffer, length: number, ended: boolean): 'protocol' | 'flowControl' | undefined {
    this.#window -= length;
    if (this.#window < -this.#slack) return 'flowControl';
    if (!this.hasHead) return 'protocol';
    if (this.#missing !== undefined) {
      this.#missing -= bytes.length;
      if (this.#missing < 0) return 'protocol';
    }
    if (ended && (this.#missing ?? 0) > 0) return 'protocol';
    if (bytes.length > 0) this.#user.onData(bytes);
    if (this.over) return undefined;
    if (ended) this.#onPeerEnd(NO_TRAILERS);
    else if (!this.#paused) this.#openWindow();
    else if (!this.#ignored) this.#hold(bytes.length);
    return undefined;
  }

  /** The peer takes more of it, or less. Returns false where that is more than a window can be. */
  moveWindow(bytes: number): boolean {
    this.sendWindow += bytes;
    if (this.sendWindow > MOST) return false;
    this.#host.sender.await(this);
    return true;
  }

  /** The peer, or the connection's end, has ended it. */
  onReset(code: number): void {
    if (!this.over) this.#finish(code, { isOwn: false });
  }

  tellSilent(): void {
    this.#user.onSilent();
  }

  /** Tells its user; once, after all else. */
  tellClosed(code: number | undefined): void {
    const user = this.#user;
    this.#user = NOBODY;
    user.onClose(code);
  }

  #onPeerEnd(trailers: readonly string[]): boolean {
    if ((this.#missing ?? 0) > 0) return false;
    this.ended = true;
    this.#user.onEnd(trailers);
    this.#finishWhenBoth();
    return true;
  }

  #finishWhenBoth(): void {
    if (this.ended && this.#allSent && !this.over) this.#finish(undefined, { isOwn: false });
  }

  #finish(code: number | undefined, how: { readonly isOwn: boolean }): void {
    this.over = true;
    if (this.#isLent) WIDE_WINDOWS.giveBack();
    this.#letGo();
    this.#host.sender.drop(this);
    this.#host.onStreamOver(this, code, how);
  }

  #hold(bytes: number): void {
    this.#held += bytes;
    this.#host.onHeld(bytes);
  }

  #letGo(): void {
    if (this.#held > 0) this.#hold(-this.#held);
  }

  /** What has been read may come again, once it is half a window: a frame for each read would cost more than it tells. */
  #openWindow(): void {
    if (this.over || this.ended || this.#window > this.#fullWindow / 2) return;
    if (!this.#isWide && this.#widen()) this.#host.onWidened();
    this.#fillWindow();
  }

  #fillWindow(): void {
    const { sender } = this.#host;
    sender.outbox.number(FRAME.update, this.id, this.#fullWindow - this.#window);
    this.#window = this.#fullWindow;
    sender.wake();
  }

  get #isWide(): boolean {
    return this.#fullWindow >= this.#host.limits.wideWindowBytes;
  }

  #widen(): boolean {
    if (!WIDE_WINDOWS.take()) return false;
    this.#fullWindow = this.#host.limits.wideWindowBytes;
    this.#isLent = true;
    return true;
  }
}

const NO_TRAILERS: readonly string[] = [];

const ignore = () => undefined;
/** Of a stream whose user is not known yet, or has been told that it is over. */
const NOBODY: StreamUser = {
  onHead: ignore,
  onHeadTooLarge: ignore,
  onData: ignore,
  onEnd: ignore,
  onDrain: ignore,
  onSilent: ignore,
  onClose: ignore,
};
