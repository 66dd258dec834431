/** Every limit of following and copying SQLite files. Sizes are bytes, times are milliseconds. */
export const LIMITS = {
  /** Between two looks at a log: how exactly it is known when something was committed. */
  lookMs: 50,
  /** Reading takes one part in so many of the time at most, and is put off for so long. */
  lookShare: 10,
  lookLongestMs: 1_000,
  /** What is committed within this time is stored as one piece of the log; RPO is this, and the time to store it. */
  chunkMs: 250,
  chunkBytes: 4 * 1024 * 1024,
  /** A transaction larger than this is stored in parts. */
  partBytes: 2 * 1024 * 1024,
  /** What may wait in memory of one log; past that SQLite keeps it. */
  waitingBytes: 16 * 1024 * 1024,
  /** After this long without anything new it is said that nothing came. */
  quietMs: 5_000,
  /** A log larger than this is made to begin anew, and how often that is tried. */
  turnBytes: 8 * 1024 * 1024,
  turnMs: 1_000,
  /** A file that nobody asked for is let go. */
  lingerMs: 30_000,
  /** Between two looks whether a path still leads to its file. */
  goneMs: 500,
  /** Per second, of a copy. */
  copyRateBytes: 64 * 1024 * 1024,
  copyPartBytes: 1024 * 1024,
} as const;
