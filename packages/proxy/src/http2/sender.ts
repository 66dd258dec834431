import { FLAG, FRAME, FRAME_BYTES, MOST, WINDOW_BYTES } from './frames.ts';
import type { Outbox } from './outbox.ts';
import type { SendQueue } from './send-queue.ts';
import { atTurnEnd, type Turned } from './turn.ts';

/** A stream, as far as it sends. */
export interface Sending {
  readonly id: number;
  /** Bytes that the peer still takes of it. */
  sendWindow: number;
  readonly queue: SendQueue;
  /** Bytes of DATA that were sent. */
  sent: number;
  /** Waits in line for its turn. */
  inLine: boolean;
  /** Its user waits to be told that there is room. */
  wantsDrain: boolean;
  /** How its end is to be told, once its queue is empty; undefined: not yet. */
  readonly ending: readonly string[] | undefined;
  /** All of it has left. */
  onSent(): void;
  onDrain(): void;
}

export interface SenderUser {
  onTurnEnd(): void;
  onBroken(thrown: unknown): void;
  encode(raw: readonly string[]): Buffer;
  /** A frame of DATA has been written. `dribbles`: it is tiny, because the peer takes no more at a time. */
  onDataSent(sent: { readonly dribbles: boolean }): void;
}

/**
 * What a connection sends. Heads go at once; bodies as far as the peer's windows and the socket take them, and what is beyond that
 * waits in its stream. Streams that wait take turns by frame, so a large body holds up no other.
 */
export class Sender implements Turned {
  /** Of the whole connection. */
  window = WINDOW_BYTES;
  readonly outbox: Outbox;
  readonly #user: SenderUser;
  #line: Sending[] = [];
  #drainers: Sending[] = [];
  #asked = false;
  #queued = 0;

  constructor(outbox: Outbox, user: SenderUser) {
    this.outbox = outbox;
    this.#user = user;
  }

  /** Bytes that wait in streams and on their way to the kernel. */
  get waiting(): number {
    return this.#queued + this.outbox.waiting;
  }

  /** The socket does not keep up. */
  get #isFull(): boolean {
    return !this.outbox.makeRoom();
  }

  /** All that is written in this turn leaves at its end. */
  wake(): void {
    if (this.#asked) return;
    this.#asked = true;
    atTurnEnd(this);
  }

  head(stream: number, raw: readonly string[], ended: boolean): void {
    const block = this.#user.encode(raw);
    const first = Math.min(block.length, FRAME_BYTES);
    const isAll = first === block.length;
    const flags = (ended ? FLAG.endStream : 0) | (isAll ? FLAG.endHeaders : 0);
    this.outbox.frame({ type: FRAME.headers, flags, stream }, block, 0, first);
    for (let at = first; at < block.length; ) {
      const end = Math.min(at + FRAME_BYTES, block.length);
      const last = end === block.length ? FLAG.endHeaders : 0;
      this.outbox.frame({ type: FRAME.continuation, flags: last, stream }, block, at, end);
      at = end;
    }
    this.wake();
  }

  /** Sends what may go now, and keeps the rest. Returns whether more is welcome. */
  data(stream: Sending, bytes: Buffer, mayBeKept: boolean): boolean {
    const mayGo = stream.queue.isEmpty && this.#line.length === 0;
    const sent = mayGo ? this.#write(stream, bytes) : 0;
    if (sent < bytes.length) {
      const rest = sent === 0 ? bytes : bytes.subarray(sent);
      stream.queue.add(mayBeKept ? rest : Buffer.from(rest));
      this.#queued += bytes.length - sent;
      this.await(stream);
    }
    if (stream.queue.isEmpty && !this.#isFull) return true;
    if (!stream.wantsDrain) this.#drainers.push(stream);
    stream.wantsDrain = true;
    return false;
  }

  /** Ends a stream that has nothing in its queue. `trailers`: none where empty. */
  end(stream: number, trailers: readonly string[]): void {
    if (trailers.length > 0) this.head(stream, trailers, true);
    else if (!this.outbox.endLast(stream)) this.outbox.begin(FRAME.data, FLAG.endStream, stream, 0);
    this.wake();
  }

  /** Lines up a stream that has something to send and a window for it. */
  await(stream: Sending): void {
    if (stream.inLine || stream.queue.isEmpty || stream.sendWindow <= 0) return;
    stream.inLine = true;
    this.#line.push(stream);
    this.wake();
  }

  /** What it has not sent is dropped. */
  drop(stream: Sending): void {
    this.#queued -= stream.queue.clear();
    stream.wantsDrain = false;
  }

  /** Returns false where it has become larger than a window can be. */
  enlarge(bytes: number): boolean {
    this.window += bytes;
    if (this.#line.length > 0) this.wake();
    return this.window <= MOST;
  }

  /** Sends what waits, as far as it can go, and tells those who wait for that. */
  onTurnEnd(): void {
    this.#asked = false;
    this.#pump();
    this.outbox.flush();
    this.#tellDrained();
    if (this.#line.length > 0 && this.window > 0 && !this.#isFull) this.wake();
    this.#user.onTurnEnd();
  }

  onTurnBroken(thrown: unknown): void {
    this.#user.onBroken(thrown);
  }

  #pump(): void {
    while (this.#line.length > 0 && this.window > 0 && !this.#isFull) {
      const line = this.#line;
      this.#line = [];
      for (const stream of line) this.#takeTurn(stream);
    }
  }

  #takeTurn(stream: Sending): void {
    stream.inLine = false;
    const piece = stream.queue.first;
    if (piece !== undefined && this.window > 0 && !this.#isFull) this.#sendOf(stream, piece);
    this.await(stream);
  }

  #sendOf(stream: Sending, piece: Buffer): void {
    const length = Math.min(this.#allowed(stream), piece.length);
    if (length <= 0) return;
    this.#frame(stream, piece, 0, length);
    stream.queue.take(length);
    this.#queued -= length;
    if (!stream.queue.isEmpty || stream.ending === undefined) return;
    this.end(stream.id, stream.ending);
    stream.onSent();
  }

  #write(stream: Sending, bytes: Buffer): number {
    let at = 0;
    while (at < bytes.length && !this.#isFull) {
      const end = at + Math.min(this.#allowed(stream), bytes.length - at);
      if (end <= at) break;
      this.#frame(stream, bytes, at, end);
      at = end;
    }
    if (at > 0) this.wake();
    return at;
  }

  #allowed(stream: Sending): number {
    return Math.min(FRAME_BYTES, this.window, stream.sendWindow);
  }

  #frame(stream: Sending, bytes: Buffer, start: number, end: number): void {
    this.window -= end - start;
    stream.sendWindow -= end - start;
    stream.sent += end - start;
    this.outbox.frame({ type: FRAME.data, flags: 0, stream: stream.id }, bytes, start, end);
    this.#user.onDataSent(end - start < DRIBBLE_BYTES && end < bytes.length ? DRIBBLES : FLOWS);
  }

  #tellDrained(): void {
    if (this.#drainers.length === 0 || this.#isFull) return;
    const waiting = this.#drainers;
    this.#drainers = waiting.filter(({ wantsDrain, queue }) => wantsDrain && !queue.isEmpty);
    for (const stream of waiting) {
      if (!stream.wantsDrain || !stream.queue.isEmpty) continue;
      stream.wantsDrain = false;
      stream.onDrain();
    }
  }
}

/** Who opens windows by less than this has us send frames that are nearly all head. */
const DRIBBLE_BYTES = 100;
const DRIBBLES = { dribbles: true } as const;
const FLOWS = { dribbles: false } as const;
