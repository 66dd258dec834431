/** Every limit of backups. Sizes are bytes, times are milliseconds. */
export const LIMITS = {
  /** Of a copy, before compression: what is held in memory of it is a few of these. */
  pieceBytes: 4 * 1024 * 1024,
  /** What is no longer is compressed at once: that takes a millisecond or two, and another thread twice as much for it. */
  smallBytes: 1024 * 1024,
  /** Pieces of one copy that are compressed and written at the same time. */
  piecesAtOnce: 2,
  /** Pieces that are read and opened while an earlier one is written to where it is restored. */
  piecesAhead: 2,
  /** Pieces of the log are merged into ones of about this size, before compression. */
  mergedBytes: 16 * 1024 * 1024,
  /** Younger pieces of the log are not merged: they may be on their way to another place. */
  mergeAfterMs: 10 * 60_000,
  /** An unfinished copy is somebody's work for at most this long; then it is what a killed process left. */
  unfinishedMs: 24 * 3_600_000,
  /** Between two tidyings of a vault. */
  tidyMs: 3_600_000,
  /** After a failure, before the next look; when the next try is due is decided with it. */
  failureMs: 10_000,
  /** How long a written copy waits for the log that it needs, and between two looks. */
  logMs: 10 * 60_000,
  lookMs: 50,
  /** Between two records of how far the log goes. */
  headMs: 1_000,
  /** What one stored object may hold at most: a longer one is none of ours. */
  objectBytes: 64 * 1024 * 1024,
} as const;
