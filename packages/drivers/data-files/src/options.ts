import type { Layout } from '@islet/driver';

export interface FilesOptions {
  readonly layout: Layout;
  /** The system's id. */
  readonly system: string;
}

/** Every limit of this driver. Sizes are bytes, times are milliseconds. */
export const LIMITS = {
  /** What is read of a file at once. */
  partBytes: 256 * 1024,
  /** Per second, of a copy: production must not feel it. */
  copyRateBytes: 64 * 1024 * 1024,
  /** A file that changes while it is read is read again, so often in all. */
  readings: 3,
  /** A change within this time after another one may leave a file's times as they were (the kernel counts in ticks). */
  tickMs: 100,
  /** Copies that one may be based on. */
  bases: 64,
  /** What is told of a path, of those that could not be copied. */
  toldPaths: 5,
} as const;
