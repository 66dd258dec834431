/** Every limit of this driver. Sizes are bytes, times are milliseconds. */
export const LIMITS = {
  /** From the start of a server until it has read its data. */
  readyMs: 120_000,
  retryMs: 20,
  connectMs: 5_000,
  /** A program that is asked which version it is. */
  askMs: 10_000,
  /** It writes what it has not written yet, and ends. */
  stopGraceMs: 10_000,
} as const;

/** What the server keeps in memory for a replica that is away. */
export const BACKLOG_BYTES = 8 * 1024 * 1024;

/**
 * What a server is told unless the service says otherwise: durable to a second, as Redis itself recommends it, and never
 * full without a word (writes are refused, reads go on).
 */
export const SETTINGS = {
  appendonly: 'yes',
  appendfsync: 'everysec',
  // The log is enough, and a fork for each snapshot costs memory.
  save: '',
  'maxmemory-policy': 'noeviction',
  maxclients: '200',
  'tcp-keepalive': '60',
  // A replica follows for the backups. It is sent a copy at once and past the disk; while it is away, this much is kept for it:
  // a backup process that was killed is back in a second or two, and what overflows costs one more copy, which is small.
  'repl-diskless-sync': 'yes',
  'repl-diskless-sync-delay': '0',
  'repl-backlog-size': String(BACKLOG_BYTES),
  'repl-backlog-ttl': '0',
  // It asks by itself whether the server is there; a word every ten seconds would be stored each time.
  'repl-ping-replica-period': '3600',
  // A small system's server sleeps when nobody talks to it.
  hz: '1',
  'dynamic-hz': 'yes',
} as const;
