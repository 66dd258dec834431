/**
 * A caller that waits no longer makes all work below it useless. So each hop tells the next how long there still is,
 * and the next waits no longer than that, whatever its own timeout allows. The margin leaves time for the answer's way
 * back: the hop below gives up first, and its error, which knows more, is the one that is told.
 */
export const DEADLINE_MARGIN = 0.05;

/** What to tell the next hop of the milliseconds that remain. */
export function passedOnMs(remainingMs: number): number {
  return Math.max(0, Math.floor(remainingMs * (1 - DEADLINE_MARGIN)));
}
