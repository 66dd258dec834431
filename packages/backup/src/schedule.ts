/** When the next copy is due. A copy that failed is tried again soon, then less and less often. */
export interface CopyHistory {
  /** Of the last one that was finished; undefined: there is none. */
  readonly lastStartedAt: number | undefined;
  /** Failures in a row since, and when the last of them was. */
  readonly failures: number;
  readonly lastFailureAt: number | undefined;
  /** When somebody last asked for one. */
  readonly askedAt: number | undefined;
  /** The log has a gap since the last copy, or its store has another identity: it can't be rolled forward any more. */
  readonly isCutOff: boolean;
}

const RETRY_FIRST_MS = 30_000;
const RETRY_LONGEST_MS = 3_600_000;

/** An instant; one that has passed means now. */
export function nextCopyAt(history: CopyHistory, everyMs: number): number {
  const { lastStartedAt, failures, lastFailureAt = 0, askedAt, isCutOff } = history;
  const isAsked = askedAt !== undefined && askedAt > (lastStartedAt ?? 0);
  const due = isAsked || isCutOff || lastStartedAt === undefined ? 0 : lastStartedAt + everyMs;
  if (failures === 0 || (isAsked && (askedAt ?? 0) > lastFailureAt)) return due;
  return Math.max(due, lastFailureAt + Math.min(RETRY_FIRST_MS * 2 ** Math.min(failures - 1, 16), RETRY_LONGEST_MS));
}

/** A copy is late when one was due a quarter of the interval ago, and at least a quarter of an hour. */
export function isLate({ lastFinishedAt, everyMs, since, now }: Lateness): boolean {
  const grace = Math.max(everyMs / 4, 15 * 60_000);
  return now > Math.max(lastFinishedAt ?? 0, since) + everyMs + grace;
}

export interface Lateness {
  readonly lastFinishedAt: number | undefined;
  readonly everyMs: number;
  /** Since when it has been asked for. */
  readonly since: number;
  readonly now: number;
}
