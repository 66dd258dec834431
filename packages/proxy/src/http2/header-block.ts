import { FRAME_BYTES } from './frames.ts';
import { Http2Error } from './http2-error.ts';

/** What stands before a block of fields: whose it is. */
export interface BlockOwner {
  readonly stream: number;
  readonly ended: boolean;
}

/** A block of fields that comes in several frames, which nothing may come in between of (RFC 9113, 4.3). */
export class HeaderBlock {
  readonly owner: BlockOwner;
  readonly #pieces: Buffer[] = [];
  readonly #most: number;
  #bytes = 0;

  constructor(owner: BlockOwner, mostBytes: number) {
    this.owner = owner;
    this.#most = mostBytes + FRAME_BYTES;
  }

  /** Throws `Http2Error` where it has no end that could be waited for. */
  add(bytes: Buffer, start: number, end: number): void {
    this.#pieces.push(Buffer.from(bytes.subarray(start, end)));
    this.#bytes += end - start;
    if (this.#bytes > this.#most || this.#pieces.length > MOST_FRAMES) {
      throw new Http2Error('enhanceYourCalm', 'a block of fields without an end');
    }
  }

  get whole(): Buffer {
    return Buffer.concat(this.#pieces);
  }
}

/** More than any that is honest needs: each but the last may be as large as a frame. */
const MOST_FRAMES = 32;
