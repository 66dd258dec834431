import type { LogPosition } from '@islet/driver';

/** A place in the binary log: a file's number, and how many of its bytes come before. */
export interface Place {
  readonly file: number;
  readonly offset: number;
}

/** Of one length, so that positions sort as text. */
export function positionOf({ file, offset }: Place): LogPosition {
  return file.toString(16).padStart(8, '0') + offset.toString(16).padStart(12, '0');
}

export function placeOf(position: LogPosition): Place {
  return { file: Number.parseInt(position.slice(0, 8), 16), offset: Number.parseInt(position.slice(8), 16) };
}

/** `binlog.000042`. */
export function fileName(file: number): string {
  return `binlog.${String(file).padStart(6, '0')}`;
}

export function fileNumber(name: string): number | undefined {
  const match = /(?:^|\/)binlog\.(\d{6,})$/.exec(name);
  return match === null ? undefined : Number(match[1]);
}
