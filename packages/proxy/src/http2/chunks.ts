/** A buffer that frames are written into, and the last view that was made of it: writes are often as long as the one before. */
export class Chunk {
  readonly bytes: Buffer;
  /** What is written in it, from its beginning. */
  used = 0;
  readonly isLarge: boolean;
  /** For the socket, once it has written all of a large one. */
  readonly onWritten = (): void => giveChunkBack(this);
  #view: Buffer;

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafeSlow(size);
    this.#view = this.bytes;
    this.isLarge = size > SMALL_BYTES;
  }

  get written(): Buffer {
    if (this.#view.length !== this.used) this.#view = this.bytes.subarray(0, this.used);
    return this.#view;
  }
}

/** Chunks of one size. A connection has one only while it has something to write, so a few serve thousands. */
class Chunks {
  readonly size: number;
  readonly #most: number;
  readonly #free: Chunk[] = [];

  constructor(size: number, most: number) {
    this.size = size;
    this.#most = most;
  }

  take(): Chunk {
    return this.#free.pop() ?? new Chunk(this.size);
  }

  /** Nothing is written from it any more. */
  giveBack(chunk: Chunk): void {
    chunk.used = 0;
    if (this.#free.length < this.#most) this.#free.push(chunk);
  }
}

/** Two sizes: most of what one turn writes is small, and a short rest that waits for a slow peer shall keep nothing large. */
const SMALL_BYTES = 4 * 1024;
const small = new Chunks(SMALL_BYTES, 128);
const large = new Chunks(64 * 1024, 32);

export function takeChunk(bytes: number): Chunk {
  return bytes <= small.size ? small.take() : large.take();
}

export function giveChunkBack(chunk: Chunk): void {
  if (chunk.isLarge) large.giveBack(chunk);
  else small.giveBack(chunk);
}

/** The same bytes with room for so many more; undefined where a larger one would not have it. */
export function enlarge(chunk: Chunk, more: number): Chunk | undefined {
  if (chunk.isLarge || chunk.used + more > large.size) return undefined;
  const larger = large.take();
  larger.used = chunk.bytes.copy(larger.bytes, 0, 0, chunk.used);
  small.giveBack(chunk);
  return larger;
}
