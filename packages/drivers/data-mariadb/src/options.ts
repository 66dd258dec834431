import type { ServerOptions } from '@islet/driver/server';

export interface MariadbOptions extends ServerOptions {
  /** A folder that every user of the machine can read, for what all stores begin with. */
  readonly tools: string;
}

/** Every limit of this driver. Sizes are bytes, times are milliseconds. */
export const LIMITS = {
  /** From the start of a server until it accepts connections, recovery after a crash included. */
  readyMs: 120_000,
  retryMs: 50,
  connectMs: 5_000,
  /** A program that is asked which version it is. */
  askMs: 10_000,
  /** It writes what it has not written yet; after that it is killed, and recovers at its next start. */
  stopGraceMs: 15_000,
  /** A statement that waits for a table's lock makes all behind it wait: it gives up early, and tries again. */
  lockMs: 2_000,
  lockAttempts: 10,
  lockPauseMs: 500,
  /** A buffer pool that is busy can't be resized yet. */
  resizeAttempts: 40,
  resizePauseMs: 250,
  /** Of whoever looks, and can change nothing. */
  readerConnections: 10,
} as const;

/** What a server is told beside what fits its limits, unless the service says otherwise: a small server, that has on disk what it has acknowledged. */
export const SETTINGS = {
  'innodb-log-file-size': '48M',
  'innodb-flush-log-at-trx-commit': '1',
  'sync-binlog': '1',
  'character-set-server': 'utf8mb4',
  'performance-schema': 'OFF',
  'key-buffer-size': '1M',
  'aria-pagecache-buffer-size': '8M',
  'table-open-cache': '400',
  'max-allowed-packet': '64M',
  'binlog-format': 'ROW',
  'max-binlog-size': '64M',
  // Backups give it back much earlier; without them it is of no use.
  'binlog-expire-logs-seconds': '86400',
} as const;
