import type { RateLimitSpec } from '@islet/spec';

/**
 * A token bucket for each key: `burst` at once, then `rps` in a second. Kept as one number per key, the instant at which the bucket
 * will be full again (the generic cell rate algorithm of ITU-T I.371): exact at any moment, with no timer that fills.
 *
 * Keys come from outside, so there may be any number of them. A bucket that is full says nothing and is forgotten; past the
 * limit the one that was made first goes, which gives a flood of new keys nothing that a new key has not anyway.
 */
export class RateLimiter {
  readonly #fullAt = new Map<string, number>();

  /** Takes a token: 0. Otherwise, milliseconds until there is one. */
  take(key: string, now: number, { rps, burst }: RateLimitSpec): number {
    const perToken = 1000 / rps;
    const fullAt = Math.max(this.#fullAt.get(key) ?? 0, now);
    const waitMs = fullAt - now - (burst - 1) * perToken;
    // Sums of fractions: a billionth of a token is no reason to refuse.
    if (waitMs > perToken * 1e-9) return waitMs;
    if (this.#fullAt.size >= KEYS && !this.#fullAt.has(key)) this.#forgetFirst();
    this.#fullAt.set(key, fullAt + perToken);
    return 0;
  }

  /** To be called now and then: forgets buckets that are full. */
  sweep(now: number): void {
    for (const [key, fullAt] of this.#fullAt) if (fullAt <= now) this.#fullAt.delete(key);
  }

  get size(): number {
    return this.#fullAt.size;
  }

  #forgetFirst(): void {
    for (const key of this.#fullAt.keys()) {
      this.#fullAt.delete(key);
      return;
    }
  }
}

/** About 10 MB. */
const KEYS = 100_000;
