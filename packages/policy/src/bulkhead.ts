import type { LimitsSpec } from '@islet/spec';
import { AdaptiveLimit } from './adaptive-limit.ts';

/**
 * What one caller may have in flight to one service (a bulkhead: one flooded compartment doesn't sink the ship; the numbers
 * are Envoy's thresholds). Whoever finds it full waits, first come, first served within a rank, and so does whoever comes
 * while others wait; where too many wait, more are refused at once, because a queue that can't be served in time only makes all late.
 *
 * A request is a connection too, for as long as it lasts; a tunnel (an upgraded or plain connection) is nothing else. How
 * many requests are too many is declared, or found by watching: see `AdaptiveLimit`.
 */
export class Bulkhead<Waiter> {
  readonly adaptive = new AdaptiveLimit();
  /** By rank, the first first. */
  readonly #waiting: Set<Waiter>[] = [];
  #waits = 0;
  #requests = 0;
  #tunnels = 0;

  get waiting(): number {
    return this.#waits;
  }

  /** Those that have a place. */
  get requests(): number {
    return this.#requests;
  }

  /** Takes a place for a request. */
  tryEnter(limits: Places): boolean {
    if (this.#waits > 0 || !this.#hasRoom(limits)) return false;
    this.#requests++;
    return true;
  }

  /** Returns false where the queue is full. Rank 0 goes before 1, and so on. */
  tryWait(waiter: Waiter, { pending }: Places, rank = 0): boolean {
    if (this.#waits >= pending) return false;
    while (this.#waiting.length <= rank) this.#waiting.push(new Set());
    this.#waiting[rank]?.add(waiter);
    this.#waits++;
    return true;
  }

  /** Takes out of the queue who came last of the last rank, where that is behind `rank`; undefined: nobody is. */
  pushOut(rank: number): Waiter | undefined {
    for (let behind = this.#waiting.length - 1; behind > rank; behind--) {
      const last = [...(this.#waiting[behind] ?? [])].at(-1);
      if (last !== undefined && this.#remove(last)) return last;
    }
    return undefined;
  }

  stopWaiting(waiter: Waiter): void {
    this.#remove(waiter);
  }

  /** Who has waited longest of the first rank, if there is room: the place is taken for it. */
  next(limits: Places): Waiter | undefined {
    if (this.#waits === 0 || !this.#hasRoom(limits)) return undefined;
    for (const waiting of this.#waiting) {
      for (const waiter of waiting) {
        this.#remove(waiter);
        this.#requests++;
        return waiter;
      }
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

  #remove(waiter: Waiter): boolean {
    const isOut = this.#waiting.some((waiting) => waiting.delete(waiter));
    if (isOut) this.#waits--;
    return isOut;
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
