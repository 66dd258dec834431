import type { Salts, Sum } from './wal-format.ts';

/** A place in the write-ahead log: after so many frames of one filling, whose checksum is this. */
export interface Cursor {
  /** Undefined: of a file that nothing was written to yet. */
  readonly salts: Salts | undefined;
  readonly frame: number;
  readonly sum: Sum;
}

/** Hexadecimal, of one length. */
export function cursorText({ salts, frame, sum }: Cursor): string {
  return [frame, salts?.first ?? 0, salts?.second ?? 0, sum.s0, sum.s1]
    .map((part) => part.toString(16).padStart(8, '0'))
    .join('');
}

export function parseCursor(text: string): Cursor {
  const [frame = 0, first = 0, second = 0, s0 = 0, s1 = 0] = (text.match(/.{8}/g) ?? []).map((part) =>
    Number.parseInt(part, 16),
  );
  return { salts: first === 0 && second === 0 ? undefined : { first, second }, frame, sum: { s0, s1 } };
}
