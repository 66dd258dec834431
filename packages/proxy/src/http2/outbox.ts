import type { Socket } from 'node:net';
import { DirectWriter } from '../direct-writer.ts';
import { type Chunk, enlarge, giveChunkBack, takeChunk } from './chunks.ts';
import { FLAG, FRAME, HEAD_BYTES, writeUint32 } from './frames.ts';

/** Frames on their way out: written one behind the other into a chunk, and given to the socket once in a turn. */
export class Outbox {
  readonly #socket: Socket;
  readonly #writer: DirectWriter;
  #chunk: Chunk | undefined;
  /** Those that are full, before the one that is written. */
  #full: Chunk[] = NONE;
  #fullBytes = 0;
  /** Where the head of the last frame is, where that is one of DATA and has not left. */
  #lastData = -1;
  #lastStream = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#writer = new DirectWriter(socket);
  }

  get isEmpty(): boolean {
    return this.#chunk === undefined;
  }

  /** Bytes that are written and not yet the kernel's. */
  get waiting(): number {
    return this.#written + this.#socket.writableLength;
  }

  /** Whether there is room for a frame of a body: not where the socket does not keep up. */
  makeRoom(): boolean {
    if (this.#written >= FLUSH_BYTES) this.flush();
    return this.#written < FLUSH_BYTES && this.#socket.writableLength < BACKLOG_BYTES;
  }

  get #written(): number {
    return this.#fullBytes + (this.#chunk?.used ?? 0);
  }

  /** Writes a frame's head, and returns where its payload of so many bytes is to be written in `bytesOf`. */
  begin(type: number, flags: number, stream: number, length: number): Buffer {
    const chunk = this.#roomFor(HEAD_BYTES + length);
    const at = chunk.used;
    const into = chunk.bytes;
    into[at] = length >>> 16;
    into[at + 1] = length >>> 8;
    into[at + 2] = length;
    into[at + 3] = type;
    into[at + 4] = flags;
    writeUint32(into, stream, at + 5);
    chunk.used = at + HEAD_BYTES;
    this.#lastData = type === FRAME.data ? at : -1;
    this.#lastStream = stream;
    return into;
  }

  /** A frame whose payload is what `bytes` has from `start` to `end`. */
  frame(head: FrameHead, bytes: Buffer, start: number, end: number): void {
    this.begin(head.type, head.flags, head.stream, end - start);
    this.#append(bytes, start, end);
  }

  /** A frame whose payload is one number. */
  number(type: number, stream: number, value: number): void {
    const into = this.begin(type, 0, stream, 4);
    const chunk = this.#chunk;
    if (chunk === undefined) return;
    writeUint32(into, value, chunk.used);
    chunk.used += 4;
  }

  /** Bytes as they are. */
  raw(bytes: Buffer): void {
    this.#roomFor(bytes.length);
    this.#append(bytes, 0, bytes.length);
  }

  /** Makes of the last frame, where it is this stream's DATA and still here, its last; returns whether it could. */
  endLast(stream: number): boolean {
    const chunk = this.#chunk;
    if (chunk === undefined || this.#lastData < 0 || this.#lastStream !== stream) return false;
    chunk.bytes[this.#lastData + 4] = FLAG.endStream;
    this.#lastData = -1;
    return true;
  }

  /** Gives all to the socket. */
  flush(): void {
    const last = this.#chunk;
    if (last === undefined) return;
    const full = this.#full;
    this.clear();
    const socket = this.#socket;
    if (!socket.writable) return;
    if (full.length > 0) {
      socket.cork();
      for (const chunk of full) this.#write(chunk);
      this.#write(last);
      socket.uncork();
    } else this.#write(last);
  }

  /** Drops what has not left. */
  clear(): void {
    this.#chunk = undefined;
    this.#full = NONE;
    this.#fullBytes = 0;
    this.#lastData = -1;
  }

  /**
   * Mostly the kernel takes all at once, and the chunk is free again. Else a large one is when the socket says so; of a small
   * one the rest is copied, as is what goes out over TLS, which tells later.
   */
  #write(chunk: Chunk): void {
    const socket = this.#socket;
    const taken = this.#writer.writeNow(chunk.bytes, chunk.used);
    if (taken < chunk.used && chunk.isLarge) socket.write(chunk.written.subarray(taken), chunk.onWritten);
    else {
      if (taken < chunk.used) socket.write(Buffer.from(chunk.written.subarray(taken)));
      giveChunkBack(chunk);
    }
  }

  #append(bytes: Buffer, start: number, end: number): void {
    const chunk = this.#chunk;
    if (chunk !== undefined && end > start) chunk.used += bytes.copy(chunk.bytes, chunk.used, start, end);
  }

  #roomFor(length: number): Chunk {
    const chunk = this.#chunk;
    if (chunk !== undefined && chunk.used + length <= chunk.bytes.length) return chunk;
    let next = chunk === undefined ? undefined : enlarge(chunk, length);
    if (next === undefined) {
      if (chunk !== undefined) this.#putAside(chunk);
      next = takeChunk(length);
    }
    this.#chunk = next;
    return next;
  }

  #putAside(chunk: Chunk): void {
    this.#full = [...this.#full, chunk];
    this.#fullBytes += chunk.used;
    this.#lastData = -1;
  }
}

/** What makes a frame beside its payload. */
export interface FrameHead {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
}

const NONE: Chunk[] = [];

/** So much is written before the turn ends. */
const FLUSH_BYTES = 128 * 1024;
/** What may wait for a socket that takes no more. */
const BACKLOG_BYTES = 64 * 1024;
