import type { CohortSeen } from './cohort.ts';

/**
 * Lets in twice as many for the time of one cohort, to see whether more is then answered (hill climbing, as in
 * congestion control).
 *
 * A median can't always tell a queue from a service that has become slower. One of a hundred times that vary is off by
 * a fifth, and a limit that follows it ends at its floor, where a steady load that the service would have served is
 * refused. What is answered in a second tells more: in a queue it is the same, however many are in flight; without one
 * it grows with them (Little's law). Where it grows, the limit was the reason why requests waited.
 *
 * In a queue, a trial makes answers late for one cohort. So the more of them have shown nothing, the rarer they are.
 */
export const LIMIT_TRIAL = {
  by: 2,
  /**
   * After a trial that has shown nothing, the next waits for twice as many cohorts that had reached the limit; at most
   * so many.
   */
  rarest: 8,
  /** Where it was not used by this much more, it has shown nothing. */
  leastUsed: 1.25,
} as const;

export class LimitTrial {
  #before: Tried | undefined;
  /** Cohorts that have reached the limit since the last one, and how many there must be for the next. */
  #reached = 0;
  #rest = 1;

  /** To be asked when the limit has been reached, and is not to grow: whether to try `LIMIT_TRIAL.by` times as much. */
  tries(seen: CohortSeen, limit: number): boolean {
    this.#reached++;
    if (this.#reached < this.#rest) return false;
    this.#reached = 0;
    this.#before = { seen, limit };
    return true;
  }

  /** The next cohort is complete. Undefined: there was no trial. */
  end({ peak, perMs }: CohortSeen): TrialOutcome | undefined {
    const before = this.#before;
    if (before === undefined) return undefined;
    this.#before = undefined;
    const share = Math.min(peak / before.seen.peak, LIMIT_TRIAL.by);
    // Half of what it would be without any queue.
    const isMore = share >= LIMIT_TRIAL.leastUsed && perMs > (before.seen.perMs * (1 + share)) / 2;
    this.#rest = isMore ? 1 : Math.min(2 * this.#rest, LIMIT_TRIAL.rarest);
    return { isMore, limit: before.limit };
  }
}

interface Tried {
  readonly seen: CohortSeen;
  readonly limit: number;
}

export interface TrialOutcome {
  /** More was answered: what was tried is no queue. */
  readonly isMore: boolean;
  /** What would have been the limit without it. */
  readonly limit: number;
}
