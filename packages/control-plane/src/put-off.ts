/*
 * What is put off waits by the wall clock, so that it survives this process, and somebody may put that clock back meanwhile.
 * An instant farther away than anything is ever put off tells of it, and must not be waited for: by no more than the wait
 * that was meant.
 */

/** The longest that it was put off, and the wall clock. */
export interface PutOff {
  readonly mostMs: number;
  readonly now: number;
}

/** Until when to wait; where the clock was put back, for the whole wait from now. For who keeps the answer. */
export function putOffUntil(at: number, { mostMs, now }: PutOff): number {
  return Math.min(at, now + mostMs);
}

/** Whether to wait on; where the clock was put back, no more. For who keeps nothing, and asks each time anew. */
export function isPutOff(at: number, { mostMs, now }: PutOff): boolean {
  return at > now && at - now <= mostMs;
}
