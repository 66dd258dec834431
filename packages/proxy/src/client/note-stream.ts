import type { Attempt } from './attempts.ts';

/** A response may go on for as long as it likes. Nobody can tell a client in the middle of one to go. */
export function noteStream(attempt: Attempt | undefined): void {
  attempt?.endpoint.beginLongLived(attempt, { goAway: () => undefined });
}
