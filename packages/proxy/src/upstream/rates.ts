import { RateLimiter } from '@islet/policy';

/** The rate limiters of one service: of all its requests, and of those for which the file says otherwise. */
export class Rates {
  readonly #limiters = new Map<string, RateLimiter>();

  /** `key` says who shares it; empty: all requests. */
  of(key: string): RateLimiter {
    const known = this.#limiters.get(key);
    if (known !== undefined) return known;
    const limiter = new RateLimiter();
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
