import { LIMITS } from '../limits.ts';

/** How it ended: stored; an answer that is not stored, or none; or the one who asked has left. */
export type Landing = 'stored' | 'not-stored' | 'abandoned';

/** Waits for what another request brings. */
export interface Follower {
  onLanded(landing: Landing): void;
}

/**
 * Who is asking a service for what (collapsed forwarding, RFC 9111, 4): of the requests for one target that come at once,
 * one goes, and the others wait for what it brings. Where a response turned out not to be storable, the next requests for
 * it go side by side for a while: waiting for one another would make each of them late.
 */
export class Flights {
  readonly #flying = new Map<string, Set<Follower>>();
  readonly #notStorable = new Map<string, number>();

  has(key: string): boolean {
    return this.#flying.has(key);
  }

  /** Returns whether this request is the one that goes for all. */
  tryLead(key: string, now: number): boolean {
    if (this.#flying.has(key) || (this.#notStorable.get(key) ?? 0) > now) return false;
    this.#flying.set(key, new Set());
    return true;
  }

  /** Returns false where nobody is under way, or too many wait. */
  tryFollow(key: string, follower: Follower): boolean {
    const followers = this.#flying.get(key);
    if (followers === undefined || followers.size >= LIMITS.cacheFollowers) return false;
    followers.add(follower);
    return true;
  }

  stopFollowing(key: string, follower: Follower): void {
    this.#flying.get(key)?.delete(follower);
  }

  land(key: string, landing: Landing, now: number): void {
    const followers = this.#flying.get(key) ?? [];
    this.#flying.delete(key);
    if (landing === 'stored') this.#notStorable.delete(key);
    else if (landing === 'not-stored') this.#remember(key, now + LIMITS.notStorableMs);
    for (const follower of followers) follower.onLanded(landing);
  }

  #remember(key: string, until: number): void {
    this.#notStorable.delete(key);
    this.#notStorable.set(key, until);
    if (this.#notStorable.size <= LIMITS.notStorableKeys) return;
    for (const oldest of this.#notStorable.keys()) {
      this.#notStorable.delete(oldest);
      return;
    }
  }
}
