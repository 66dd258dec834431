/** What a running store says of itself at one moment. */
export interface StoreMeasures {
  /** Of the server: `18.4`. */
  readonly version: string;
  /** Where its programs are, where that can be chosen: `system: /usr/lib/postgresql/15/bin`. */
  readonly programs?: string;
  /** What its data takes: on disk; of Redis in memory. */
  readonly bytes: number;
  /** Undefined: it is a file. */
  readonly connections: { readonly open: number; readonly most: number } | undefined;
  /** Since its start; of Redis, commands. Undefined: nobody counts them. */
  readonly commits: number | undefined;
  /** Of what was read, the share that was in memory, from 0 to 1; undefined: not known, or nothing was read. */
  readonly cacheHits: number | undefined;
  /** Statements that run now, and have for longer than `SLOW_MS`; the longest first. */
  readonly slow: readonly SlowStatement[];
  /** Of a store that is a file; undefined: it is a server. */
  readonly file?: FileMeasures;
}

/** Of an SQLite file with a write-ahead log. */
export interface FileMeasures {
  readonly pages: number;
  /** Of these, those that hold nothing, and are used next. */
  readonly freePages: number;
  readonly pageBytes: number;
  /** What the log beside it takes; it is filled anew, and seldom gets smaller. */
  readonly logBytes: number;
  /** What of the log is not in the database yet. */
  readonly waitingBytes: number;
  /** When something of the log was last taken over into the database. */
  readonly checkpointedAt: number;
}

export interface SlowStatement {
  readonly forMs: number;
  /** May be cut off, and may hold data. */
  readonly text: string;
}

export const SLOW = {
  /** A statement that has run for so long is told of. */
  ms: 1_000,
  most: 5,
  textLength: 200,
} as const;

export function shareOf(part: number, rest: number): number | undefined {
  return part + rest > 0 ? part / (part + rest) : undefined;
}
