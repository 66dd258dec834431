/** Every bound of the parser. A system beyond them is refused with a clear error, never parsed for ever. */
export const LIMITS = {
  /** Characters of one file. */
  fileLength: 262_144,
  /** Values of one file after its anchors are expanded. */
  nodes: 20_000,
  /** Levels of nesting. */
  depth: 64,
  /** Folders that the globs of `services` may match. */
  services: 5_000,
  /** Passes over one file: each drops what the one before found wrong, to find what that hid. */
  passes: 8,
  /** A timer of the runtime holds less than 25 days. */
  longestMs: 7 * 24 * 60 * 60 * 1000,
  /** The longest time for which telemetry is kept. */
  longestKeepMs: 400 * 24 * 60 * 60 * 1000,
  /** Backends that telemetry is forwarded to. */
  forwards: 5,
  /** No probe more often than this. */
  shortestPeriodMs: 10,
  /** Bytes of an answer that stands in a file. */
  fallbackBytes: 64 * 1024,
} as const;
