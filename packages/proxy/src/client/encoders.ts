import type { Transform } from 'node:stream';
import { constants, createBrotliCompress, createGzip, createZstdCompress } from 'node:zlib';
import type { ContentCoding } from '@islet/spec';
import { LIMITS } from '../limits.ts';

/** An encoder of the runtime: it works in another thread, and holds some hundred kilobytes. */
export interface Encoder extends Transform {
  /** What it has taken so far comes out, though more follows. */
  flush(callback?: () => void): void;
}

/** All encoders of a data plane. Where too many are at work, responses go out as they are. */
export class Encoders {
  /** So many at once. */
  most: number = LIMITS.encoders;
  #open = 0;

  tryOpen(coding: ContentCoding): Encoder | undefined {
    if (this.#open >= this.most) return undefined;
    this.#open++;
    const encoder = make(coding);
    encoder.once('close', () => {
      this.#open--;
    });
    return encoder;
  }
}

/** Levels at which the processor's time is worth the bytes for responses that are made at once and sent once. */
function make(coding: ContentCoding): Encoder {
  switch (coding) {
    case 'gzip':
      return createGzip({ level: 5 });
    case 'br':
      return createBrotliCompress({
        params: { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_LGWIN]: 19 },
      });
    case 'zstd':
      return createZstdCompress({
        params: { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_windowLog]: 19 },
      });
  }
}
