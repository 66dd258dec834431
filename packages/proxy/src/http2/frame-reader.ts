import { FRAME_BYTES, HEAD_BYTES, uint24 } from './frames.ts';
import { Http2Error } from './http2-error.ts';

export interface FrameSink {
  /** One whole frame, its head at `start` and its payload up to `end`: a view, valid until this returns. */
  onFrame(bytes: Buffer, start: number, end: number): void;
  /** Nothing more is read. */
  readonly deaf: boolean;
}

/**
 * Cuts what comes into frames, and gives each out of the buffer that it was read into. Of one that a read ends in, what has
 * come is kept: no more than a frame, and nothing where reads end as frames do.
 */
export class FrameReader {
  #kept: Buffer | undefined;
  #filled = 0;

  /** Throws `Http2Error` for a frame that is larger than we take. */
  read(bytes: Buffer, from: number, sink: FrameSink): void {
    let at = this.#kept === undefined ? from : this.#complete(bytes, from, sink);
    while (at < bytes.length && !sink.deaf) {
      const left = bytes.length - at;
      const needed = left < HEAD_BYTES ? HEAD_BYTES : HEAD_BYTES + lengthAt(bytes, at);
      if (left < needed) {
        this.#keep(bytes, at, needed);
        return;
      }
      sink.onFrame(bytes, at, at + needed);
      at += needed;
    }
  }

  /** Returns where what follows begins. */
  #complete(bytes: Buffer, from: number, sink: FrameSink): number {
    let at = from;
    for (let kept = this.#kept; kept !== undefined; kept = this.#kept) {
      const taken = Math.min(kept.length - this.#filled, bytes.length - at);
      bytes.copy(kept, this.#filled, at, at + taken);
      this.#filled += taken;
      at += taken;
      if (this.#filled < kept.length) return at;
      this.#kept = undefined;
      const needed = HEAD_BYTES + lengthAt(kept, 0);
      if (kept.length < needed) this.#keep(kept, 0, needed);
      else sink.onFrame(kept, 0, needed);
    }
    return at;
  }

  #keep(bytes: Buffer, at: number, needed: number): void {
    const kept = Buffer.allocUnsafe(needed);
    this.#filled = bytes.copy(kept, 0, at);
    this.#kept = kept;
  }
}

function lengthAt(bytes: Buffer, at: number): number {
  const length = uint24(bytes, at);
  if (length > FRAME_BYTES) throw new Http2Error('frameSize', `a frame of ${length} bytes`);
  return length;
}
