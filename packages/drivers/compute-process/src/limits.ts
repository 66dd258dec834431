/** Every wait, loop and buffer of this driver ends somewhere: here. */
export const LIMITS = {
  parallelBuilds: 2,
  parallelCopies: 16,
  /** Lines of a failed build's output that its outcome carries. */
  buildLogLines: 40,
  /** Between the polite and the final signal to a build that is out of time. */
  buildGraceMs: 1_000,
  gitMs: 30_000,
  gitOutputBytes: 64 * 1024 * 1024,
  rememberedFiles: 200_000,
  toolVersionMs: 10_000,
  /** What one reading of a log's end may hold in memory. */
  tailBytes: 4 * 1024 * 1024,
  followEveryMs: 100,
  /** Logs kept of instances that are gone, by service. */
  keptLogs: 20,
  treeToolMs: 120_000,
} as const;
