/** Every wait, loop and buffer of supervision ends somewhere: here. */
export const LIMITS = {
  /** How long the shim may take to tell the pid of what it started. */
  startMs: 10_000,
  /** How long a tree may survive SIGKILL (uninterruptible I/O) before `stop` reports it. */
  killMs: 10_000,
  /** First and longest pause between two looks at a tree that is ending. */
  lookMs: { first: 1, longest: 20 },
  /** The same where a look means reading all of /proc. */
  scanMs: { first: 4, longest: 100 },
  /** An empty cgroup can stay busy for an instant. */
  removeGroupMs: 1_000,
  /** How often the sizes of logs are looked at. */
  rotateEveryMs: 5_000,
  rotation: { maxBytes: 10 * 1024 * 1024, keep: 5 },
  /** How long `useradd`, `userdel` and the like may take, and how often they are tried while their files are locked. */
  accountMs: 10_000,
  accountTries: 20,
} as const;
