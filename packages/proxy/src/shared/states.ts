import { Breaker, Bulkhead, RateLimiter, RetryBudget, Standing, Throttle } from '@islet/policy';
import { Guards, type Waiter } from '../guards.ts';
import { Gauge } from './gauge.ts';
import { type Lock, NO_LOCK } from './mutex.ts';

/**
 * Where the state machines of a data plane live that must hold for the whole: the only plane of a process has its own, and
 * several share theirs. Each is asked for by a name, and let go of when nobody is counted by it any more.
 */
export interface States {
  edge(name: string): EdgeState;
  route(name: string): Held<{ readonly guards: Guards }>;
  service(name: string): ServiceShare;
  instance(service: string, name: string): InstanceShare;
  rate(name: string): RateLimiter;
}

export type Held<T> = T & { letGo(): void };

export type EdgeState = Held<{ readonly guards: Guards; readonly budget: RetryBudget }>;

export type ServiceShare = Held<{
  readonly throttle: Throttle;
  /** Requests that wait for the first instance. */
  readonly atDoor: Gauge;
  /** To be had while it is decided whom to eject: two that decide at once could eject all. */
  readonly ejecting: Lock;
  /** What is stored of this target is no longer true: the other planes are to forget theirs. */
  changed(target: string): void;
}>;

export type InstanceShare = Held<{ readonly standing: Standing }>;

/** Of a data plane that shares with nobody. */
export const OWN_STATES: States = {
  edge: () => ({ guards: ownGuards(), budget: new RetryBudget(), letGo }),
  route: () => ({ guards: ownGuards(), letGo }),
  service: () => ({
    throttle: new Throttle(),
    atDoor: new Gauge(),
    ejecting: NO_LOCK,
    changed: () => undefined,
    letGo,
  }),
  instance: () => ({ standing: new Standing(), letGo }),
  rate: () => new RateLimiter(),
};

function ownGuards(): Guards {
  return new Guards({ breaker: new Breaker(), bulkhead: new Bulkhead<Waiter>() });
}

function letGo(): void {}
