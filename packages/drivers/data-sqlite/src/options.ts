import type { Layout } from '@islet/driver';

export interface SqliteOptions {
  readonly layout: Layout;
  /** The system's id. */
  readonly system: string;
}

export const LIMITS = {
  /** How long a statement waits for another process that writes. Meanwhile readers, and that writer, go on. */
  busyMs: 20_000,
} as const;
