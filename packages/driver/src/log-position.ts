import type { LogPosition } from './backups.ts';

/**
 * A place in a log whose engine counts nothing that would do: how many bytes of the log lie before it, and, in the
 * engine's own words, what comes there. Counts are of equal length and stand first, so positions sort as text, and
 * whoever keeps the log knows the length of what lies between two of them.
 */
export interface LogPlace {
  readonly count: bigint;
  /** Hexadecimal, of equal length within one log. */
  readonly cursor: string;
}

const COUNT_DIGITS = 16;

export function logPosition({ count, cursor }: LogPlace): LogPosition {
  return `${count.toString(16).padStart(COUNT_DIGITS, '0')}${cursor}`;
}

export function logPlace(position: LogPosition): LogPlace {
  return { count: logCount(position), cursor: position.slice(COUNT_DIGITS) };
}

/** How many bytes of the log lie before a position, of any engine. */
export function logCount(position: LogPosition): bigint {
  return BigInt(`0x${position.slice(0, COUNT_DIGITS)}`);
}
