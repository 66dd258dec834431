import type { LogPosition } from '@islet/driver';

/**
 * Places in PostgreSQL's write-ahead log: LSNs, as 16 hexadecimal digits, which sort as text. PostgreSQL itself writes
 * `16/B374D848`.
 */
export function positionOf(lsn: bigint): LogPosition {
  return lsn.toString(16).padStart(16, '0');
}

export function lsnOf(position: LogPosition): bigint {
  return BigInt(`0x${position}`);
}

export function parseLsn(text: string): bigint {
  const match = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i.exec(text);
  if (match === null) throw new Error(`${text} is no place in a write-ahead log`);
  return (BigInt(`0x${match[1]}`) << 32n) | BigInt(`0x${match[2]}`);
}

export function lsnText(lsn: bigint): string {
  const hex = (part: bigint) => part.toString(16).toUpperCase();
  return `${hex(lsn >> 32n)}/${hex(lsn & 0xffffffffn)}`;
}

/** The log lies in files of this length, and is only read from a file's beginning on. */
export function segmentStart(lsn: bigint, segmentBytes: number): bigint {
  return lsn - (lsn % BigInt(segmentBytes));
}

/** A file's name: the timeline, and its number in two parts. */
export function segmentName({ timeline, start, segmentBytes }: SegmentPlace): string {
  const perId = 0x1_0000_0000n / BigInt(segmentBytes);
  const number = start / BigInt(segmentBytes);
  const hex = (part: bigint) => part.toString(16).toUpperCase().padStart(8, '0');
  return `${hex(BigInt(timeline))}${hex(number / perId)}${hex(number % perId)}`;
}

export interface SegmentPlace {
  readonly timeline: number;
  readonly start: bigint;
  readonly segmentBytes: number;
}

/** `16MB`, as the server shows a size. */
export function parseSize(text: string): number {
  const match = /^(\d+)(B|kB|MB|GB)$/.exec(text);
  if (match === null) throw new Error(`${text} is no size`);
  const unit = { B: 1, kB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 }[match[2] as 'B' | 'kB' | 'MB' | 'GB'];
  return Number(match[1]) * unit;
}
