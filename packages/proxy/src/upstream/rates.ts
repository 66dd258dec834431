import type { RateLimiter } from '@islet/policy';
import type { States } from '../shared/states.ts';

/** The rate limiters of one service: of all its requests, and of those for which the file says otherwise. */
export class Rates {
  readonly #service: string;
  readonly #states: States;
  readonly #limiters = new Map<string, RateLimiter>();

  constructor(service: string, states: States) {
    this.#service = service;
    this.#states = states;
  }

  /** `key` says who shares it; empty: all requests. */
  of(key: string): RateLimiter {
    const known = this.#limiters.get(key);
    if (known !== undefined) return known;
    const limiter = this.#states.rate(`${this.#service} ${key}`);
    this.#limiters.set(key, limiter);
    return limiter;
  }

  /** The file says otherwise: what it said of some is forgotten. */
  keepShared(): this {
    for (const key of this.#limiters.keys()) if (key !== '') this.#limiters.delete(key);
    return this;
  }

  sweep(now: number): void {
    for (const limiter of this.#limiters.values()) limiter.sweep(now);
  }
}
