import { LIMITS } from '../limits.ts';
import type { CacheKey } from './cache-key.ts';
import type { Changes } from './changes.ts';

/**
 * How it ended: stored; an answer that is not stored, or none; the one who asked has left, or its target was changed meanwhile; or
 * its client takes the answer so slowly that nobody else waits for it.
 */
export type Landing = 'stored' | 'not-stored' | 'abandoned' | 'held';

/** A request that goes for all who ask for the same. */
export interface Flight {
  readonly key: CacheKey;
  /** Of the changes, when it began. */
  readonly moment: number;
  readonly followers: Set<Follower>;
}

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
  readonly #changes: Changes;
  readonly #flying = new Map<string, Flight>();
  readonly #notStorable = new Map<string, number>();

  constructor(changes: Changes) {
    this.#changes = changes;
  }

  /** Nobody is under way, or came back with nothing to store a moment ago. */
  mayLead(key: CacheKey, now: number): boolean {
    return this.#find(key) === undefined && (this.#notStorable.get(key.text) ?? 0) <= now;
  }

  /** Undefined: this request is not the one that goes for all. */
  tryLead(key: CacheKey, now: number): Flight | undefined {
    if (!this.mayLead(key, now)) return undefined;
    const flight = { key, moment: this.#changes.moment, followers: new Set<Follower>() };
    this.#flying.set(key.text, flight);
    return flight;
  }

  /** Undefined where nobody is under way, or too many wait. */
  tryFollow(key: CacheKey, follower: Follower): Flight | undefined {
    const flight = this.#find(key);
    if (flight === undefined || flight.followers.size >= LIMITS.cacheFollowers) return undefined;
    flight.followers.add(follower);
    return flight;
  }

  land(flight: Flight, landing: Landing, now: number): void {
    const { key, followers } = flight;
    if (this.#flying.get(key.text) === flight) this.#flying.delete(key.text);
    if (landing === 'stored') this.#notStorable.delete(key.text);
    else if (landing === 'not-stored') this.#remember(key.text, now + LIMITS.notStorableMs);
    for (const follower of followers) follower.onLanded(landing);
  }

  /** What was asked for before its target was changed is nothing to wait for: another one goes. */
  #find({ text, target }: CacheKey): Flight | undefined {
    const flight = this.#flying.get(text);
    return flight === undefined || this.#changes.since(flight.moment, target) ? undefined : flight;
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
