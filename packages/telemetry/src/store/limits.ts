const MINUTE_MS = 60_000;

/** Every limit of the store, in one place. */
export const LIMITS = {
  /** How long at most what came is only in memory. */
  syncEveryMs: 1_000,
  /** Rows that are joined into one block of a segment. */
  blockRows: 16_384,
  /** So many that come within a second are a block by themselves. */
  fewestBlockRows: 8_192,
  /** Spans of which those that are kept are joined into one block. */
  sampledRows: 65_536,
  /** Rows that came so long ago are put into a segment, though they are few. */
  headMs: 5 * MINUTE_MS,
  /** Spans wait so long for the rest of their trace before it is decided whether it is kept. */
  traceWaitMs: 10_000,
  /** Rows of one signal of one service that may be in memory; beyond it they go into a segment at once. */
  headRows: 131_072,
  /** A log of what came is begun anew from this size on. */
  walBytes: 64 * 1024 * 1024,
  /** Files of it that may be pinned by rows that are in no segment; beyond it such rows go into one at once. */
  walFiles: 4,
  /** A pause in what is known is a gap from here on. */
  gapMs: 5_000,
  /** Rows of all services together that wait for the disk. What comes beyond it is lost, counted, and marked as a gap. */
  waitingRows: 200_000,
  /** Traces of which it is remembered whether they are kept, for spans that come late. */
  decidedTraces: 65_536,
  /** A segment is begun anew after so large a part of what may be kept, in bytes and in time. */
  segmentShare: 1 / 16,
  smallestSegmentBytes: 1024 * 1024,
  largestSegmentBytes: 256 * 1024 * 1024,
  /** Nothing is written while less is free on the disk: services need it more. */
  freeBytes: 256 * 1024 * 1024,
  /** Gaps that are remembered, the newest. */
  gaps: 1_000,
  /** Bytes of one column of one block, once it is decompressed. */
  columnBytes: 256 * 1024 * 1024,
  headerBytes: 1024 * 1024,
} as const;
