import type { Breaker, BreakerState, Bulkhead } from '@islet/policy';

/** Waits for a place in a bulkhead. */
export interface Waiter {
  /** The place has been taken for it. */
  onPlace(): void;
  /** A more important one waits in its stead. */
  onPushedOut(): void;
  /** There may be a place for one of those who wait: another thread has freed it. */
  onRoom(): void;
}

/** What keeps one caller's calls from doing harm: of all its requests to a service, or of those on one route of it. */
export class Guards {
  readonly breaker: Breaker;
  readonly bulkhead: Bulkhead<Waiter>;

  constructor({ breaker, bulkhead }: Pick<Guards, 'breaker' | 'bulkhead'>) {
    this.breaker = breaker;
    this.bulkhead = bulkhead;
  }

  statsAt(now: number): GuardStats {
    const { breaker, bulkhead } = this;
    return { breaker: breaker.stateAt(now), waiting: bulkhead.waiting, limit: bulkhead.adaptive.limit };
  }
}

export interface GuardStats {
  readonly breaker: BreakerState;
  /** Requests that wait for a place. */
  readonly waiting: number;
  /** How many places `traffic.limits.requests: auto` allows now. */
  readonly limit: number;
}
