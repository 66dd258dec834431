import { DriverError } from '@islet/driver';

/**
 * Pieces of the stream, each with where it begins and when it was received. A log that is kept may put several of its
 * pieces together to one, so this must be told by the bytes themselves.
 *
 *     8 bytes  where in the stream
 *     8 bytes  when, in milliseconds
 *     1 byte   1 where it was changed before anybody listened: then that is all that is known of when
 *     4 bytes  how many bytes follow
 */
export interface Frame {
  readonly offset: number;
  /** All of it was committed by then, and unless it is late, not much earlier. */
  readonly at: number;
  /** It was there when the server was reached: it may have been committed long before. */
  readonly isLate?: boolean;
  readonly bytes: Uint8Array;
}

const HEAD_BYTES = 21;

export function writeFrame({ offset, at, isLate = false, bytes }: Frame): Buffer {
  const frame = Buffer.alloc(HEAD_BYTES + bytes.length);
  frame.writeBigUInt64BE(BigInt(offset), 0);
  frame.writeBigUInt64BE(BigInt(at), 8);
  frame.writeUInt8(isLate ? 1 : 0, 16);
  frame.writeUInt32BE(bytes.length, 17);
  frame.set(bytes, HEAD_BYTES);
  return frame;
}

export function* readFrames(bytes: Uint8Array): Generator<Frame> {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let from = 0; from < all.length; ) {
    if (from + HEAD_BYTES > all.length) throw torn();
    const end = from + HEAD_BYTES + all.readUInt32BE(from + 17);
    if (end > all.length) throw torn();
    const [offset, at] = [Number(all.readBigUInt64BE(from)), Number(all.readBigUInt64BE(from + 8))];
    yield { offset, at, isLate: all.readUInt8(from + 16) === 1, bytes: all.subarray(from + HEAD_BYTES, end) };
    from = end;
  }
}

function torn(): DriverError {
  return new DriverError('damaged', 'a piece of the log is cut off', { hint: 'restore an earlier moment' });
}
