import type { ServerOptions } from '@islet/driver/server';

export interface PostgresOptions extends ServerOptions {
  /** A folder that every user of the machine can read, where the binaries are copied if they can't be run in place. */
  readonly tools: string;
}

/** Every limit of this driver. Sizes are bytes, times are milliseconds. */
export const LIMITS = {
  /** From the start of a server until it accepts connections, recovery after a crash included. */
  readyMs: 120_000,
  /** The same, of one that replays a day's log. */
  recoveryMs: 6 * 3_600_000,
  connectMs: 5_000,
  /** For a statement of the driver's own; a migration has no limit but the caller's signal. */
  statementMs: 30_000,
  /** PostgreSQL's fast shutdown, which writes a checkpoint; after that it is killed, and recovers at its next start. */
  stopGraceMs: 5_000,
  /** A migration that waits for a lock makes everyone behind it wait: it gives up early, and tries again. */
  lockMs: 2_000,
  lockAttempts: 10,
  lockPauseMs: 500,
  /** A file larger than this is a dump: the parser would need more memory than the look is worth. */
  parseBytes: 1024 * 1024,
  /** A table whose rows take no more is scanned or rewritten before anyone has waited for it. */
  smallTableBytes: 16 * 1024 * 1024,
  /** What a service may have open; the rest of `max_connections` is for shells, backups, migrations and Islet. */
  serviceConnections: 40,
  /** Starts with another port, when a stranger was faster. */
  startAttempts: 3,
  /** What is committed within this time is stored as one piece of the log; RPO is this, and the time to store it. */
  chunkMs: 250,
  chunkBytes: 4 * 1024 * 1024,
  /** A server that sends as many messages in that time is woken too often, and its log is read instead of streamed. */
  busyMessages: 20,
  /** Looks in a row that find nothing new, before the log is streamed again. */
  calmLooks: 8,
  /** Between two words to a server whose log is read, of how much it may let go. */
  releaseMs: 1_000,
  /** After this long without a word from the server it is asked how far it is. */
  quietMs: 5_000,
  /** What may wait in memory of a copy or a log; past that the server waits. */
  copyBytes: 8 * 1024 * 1024,
  /** Per second, of a base backup: 64 MB. */
  copyRateKilobytes: 65_536,
  /** What a server keeps of its log for backups at most: a full disk would stop the service too. */
  slotMegabytes: 2_048,
} as const;
