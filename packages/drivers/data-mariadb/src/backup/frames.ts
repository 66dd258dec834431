import { DriverError } from '@islet/driver';
import type { Place } from './position.ts';

/**
 * Pieces of the binary log's files, each with the place that it is from. A log that is kept may put several of its pieces
 * together to one, so where a file begins must be told by the bytes themselves.
 *
 *     4 bytes  the file's number
 *     8 bytes  where in it
 *     4 bytes  how many bytes follow
 */
export interface Frame extends Place {
  readonly bytes: Uint8Array;
}

const HEAD_BYTES = 16;

export function writeFrame({ file, offset, bytes }: Frame): Buffer {
  const frame = Buffer.alloc(HEAD_BYTES + bytes.length);
  frame.writeUInt32BE(file, 0);
  frame.writeBigUInt64BE(BigInt(offset), 4);
  frame.writeUInt32BE(bytes.length, 12);
  frame.set(bytes, HEAD_BYTES);
  return frame;
}

export function* readFrames(bytes: Uint8Array): Generator<Frame> {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < all.length; ) {
    if (at + HEAD_BYTES > all.length) throw torn();
    const length = all.readUInt32BE(at + 12);
    const end = at + HEAD_BYTES + length;
    if (end > all.length) throw torn();
    const place = { file: all.readUInt32BE(at), offset: Number(all.readBigUInt64BE(at + 4)) };
    yield { ...place, bytes: all.subarray(at + HEAD_BYTES, end) };
    at = end;
  }
}

function torn(): DriverError {
  return new DriverError('damaged', 'a piece of the log is cut off', { hint: 'restore an earlier moment' });
}
