import type { LimitsSpec } from '@islet/spec';
import { AdaptiveLimit } from './adaptive-limit.ts';

/**
 * What one caller may have in flight to one service (a bulkhead: one flooded compartment doesn't sink the ship; the numbers
 * are Envoy's thresholds). Whoever finds it full waits, first come, first served, and so does whoever comes while others
 * wait; where too many wait, more are refused at once, because a queue that can't be served in time only makes all late.
 *
 * A request is a connection too, for as long as it lasts; a tunnel (an upgraded or plain connection) is nothing else. How
 * many requests are too many is declared, or found by watching: see `AdaptiveLimit`.
 */
export class Bulkhead<Waiter> {
  readonly adaptive = new AdaptiveLimit();
  readonly #waiting = new Set<Waiter>();
  #requests = 0;
  #tunnels = 0;

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Those that have a place. */
  get requests(): number {
    return this.#requests;
  }

  /** Takes a place for a request. */
  tryEnter(limits: Places): boolean {
    if (this.#waiting.size > 0 || !this.#hasRoom(limits)) return false;
    this.#requests++;
    return true;
  }

  /** Returns false where the queue is full. */
  tryWait(waiter: Waiter, { pending }: Places): boolean {
    if (this.#waiting.size >= pending) return false;
    this.#waiting.add(waiter);
    return true;
  }

  stopWaiting(waiter: Waiter): void {
    this.#waiting.delete(waiter);
  }

  /** Who has waited longest, if there is room: the place is taken for it. */
  next(limits: Places): Waiter | undefined {
    if (!this.#hasRoom(limits)) return undefined;
    for (const waiter of this.#waiting) {
      this.#waiting.delete(waiter);
      this.#requests++;
      return waiter;
    }
    return undefined;
  }

  leave(): void {
    this.#requests--;
  }

  tryOpenTunnel({ connections }: Places): boolean {
    if (this.#requests + this.#tunnels >= connections) return false;
    this.#tunnels++;
    return true;
  }

  /** A request has switched protocols. */
  becomeTunnel(): void {
    this.#requests--;
    this.#tunnels++;
  }

  closeTunnel(): void {
    this.#tunnels--;
  }

  #hasRoom({ requests, connections }: Places): boolean {
    return (
      this.#requests < (requests === 'auto' ? this.adaptive.limit : requests) &&
      this.#requests + this.#tunnels < connections
    );
  }
}

/** What a caller may have in flight. */
export type Places = Pick<LimitsSpec, 'connections' | 'requests' | 'pending'>;
