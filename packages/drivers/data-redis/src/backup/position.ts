import { DriverError, type LogPosition, logPlace, logPosition } from '@islet/driver';

/**
 * A place in what a server tells its replicas. Redis counts bytes, but anew for each process: so the driver counts the
 * starts of a store's server, and a start comes before all bytes of it.
 */
export interface Place {
  /** Which start of the server. */
  readonly start: number;
  /** The name of the stream, 40 hexadecimal digits: another stream has another, even of one process. */
  readonly stream: string;
  /** How many of its bytes come before. */
  readonly offset: number;
}

/** A count is of 64 bits: so many starts, and for each so many bytes (281 TB). */
const START_BITS = 48n;
export const MOST_STARTS = 2 ** 16 - 1;
const MOST_BYTES = 2 ** 48 - 1;

export function positionOf({ start, stream, offset }: Place): LogPosition {
  if (offset > MOST_BYTES) {
    throw new DriverError('refused', 'the server has changed more than can be counted', { hint: 'restart it' });
  }
  return logPosition({ count: (BigInt(start) << START_BITS) + BigInt(offset), cursor: stream });
}

export function placeOf(position: LogPosition): Place {
  const { count, cursor: stream } = logPlace(position);
  return { start: Number(count >> START_BITS), stream, offset: Number(count & BigInt(MOST_BYTES)) };
}
