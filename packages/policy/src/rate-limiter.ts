import type { RateLimitSpec } from '@islet/spec';

/**
 * A token bucket for each key: `burst` at once, then `rps` in a second. Kept as one number per key, the instant at
 * which the bucket will be full again (the generic cell rate algorithm of ITU-T I.371): exact at any moment, with no
 * timer that fills.
 *
 * Keys come from outside, so there may be any number of them. A bucket that is full says nothing and is forgotten; past
 * the limit the one that was made first goes, which gives a flood of new keys nothing that a new key has not anyway.
 */
export class RateLimiter {
  readonly #buckets: Buckets;

  constructor(buckets: Buckets = new OwnBuckets()) {
    this.#buckets = buckets;
  }

  /** Milliseconds until there is a token; 0: there is one. */
  waitMs(key: string, now: number, { rps, burst }: RateLimitSpec): number {
    const perToken = 1000 / rps;
    const waitMs = this.#fullFrom(key, now) - now - (burst - 1) * perToken;
    // Sums of fractions: a billionth of a token is no reason to refuse.
    return waitMs > perToken * 1e-9 ? waitMs : 0;
  }

  /** Takes a token, whether or not there is one. */
  spend(key: string, now: number, { rps }: RateLimitSpec): void {
    this.#buckets.fill(key, this.#fullFrom(key, now) + 1000 / rps, now);
  }

  /** Takes a token where there is one: 0. Otherwise, milliseconds until there is. */
  take(key: string, now: number, limit: RateLimitSpec): number {
    const waitMs = this.waitMs(key, now, limit);
    if (waitMs === 0) this.spend(key, now, limit);
    return waitMs;
  }

  /** Takes a token from each bucket, or, where one is empty, from none: what is refused costs nothing. */
  takeAll(draws: readonly Draw[], now: number): RateVerdict {
    let refusal: RateRefusal | undefined;
    for (const { key, limit } of draws) {
      const waitMs = this.waitMs(key, now, limit);
      if (waitMs > (refusal?.waitMs ?? 0)) refusal = { kind: 'refused', limit, waitMs };
    }
    if (refusal !== undefined) return refusal;
    let taken: RateTaken | undefined;
    for (const { key, limit } of draws) {
      this.spend(key, now, limit);
      const { left, fullInMs } = this.#stateOf(key, now, limit);
      if (taken === undefined || left < taken.left) taken = { kind: 'taken', limit, left, fullInMs };
    }
    return taken ?? UNLIMITED;
  }

  /** To be called now and then: forgets buckets that are full. */
  sweep(now: number): void {
    this.#buckets.sweep(now);
  }

  get size(): number {
    return this.#buckets.size;
  }

  #stateOf(
    key: string,
    now: number,
    { rps, burst }: RateLimitSpec,
  ): { readonly left: number; readonly fullInMs: number } {
    const fullInMs = this.#fullFrom(key, now) - now;
    // As in `waitMs`: what is a billionth short of a token is one.
    return { left: Math.max(0, Math.floor(burst - (fullInMs * rps) / 1000 + 1e-9)), fullInMs };
  }

  #fullFrom(key: string, now: number): number {
    return Math.max(this.#buckets.fullAt(key), now);
  }
}

/** Where the buckets are kept. */
export interface Buckets {
  /** When it will be full; 0: it is. */
  fullAt(key: string): number;
  fill(key: string, fullAt: number, now: number): void;
  sweep(now: number): void;
  readonly size: number;
}

class OwnBuckets implements Buckets {
  readonly #fullAt = new Map<string, number>();

  fullAt(key: string): number {
    return this.#fullAt.get(key) ?? 0;
  }

  fill(key: string, fullAt: number): void {
    if (this.#fullAt.size >= KEYS && !this.#fullAt.has(key)) this.#forgetFirst();
    this.#fullAt.set(key, fullAt);
  }

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

/** From whose bucket, by which limit. */
export interface Draw {
  readonly key: string;
  readonly limit: RateLimitSpec;
}

export type RateVerdict = RateTaken | RateRefusal | typeof UNLIMITED;

/** The limit that leaves the fewest. */
export interface RateTaken {
  readonly kind: 'taken';
  readonly limit: RateLimitSpec;
  /** How many more it lets through at once. */
  readonly left: number;
  /** Until it lets through as many as ever. */
  readonly fullInMs: number;
}

/** The limit that makes wait longest. */
export interface RateRefusal {
  readonly kind: 'refused';
  readonly limit: RateLimitSpec;
  readonly waitMs: number;
}

const UNLIMITED = { kind: 'unlimited' } as const;

/** About 10 MB. */
const KEYS = 100_000;
