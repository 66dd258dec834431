import type { LimitsSpec } from '@islet/spec';
import { AdaptiveLimit } from './adaptive-limit.ts';
import { type Cells, ownCells } from './cells.ts';
import { FairQueue } from './fair-queue.ts';

/**
 * What one caller may have in flight to one service (a bulkhead: one flooded compartment doesn't sink the ship; the
 * numbers are Envoy's thresholds). Whoever finds it full waits, within a rank client by client in turn, and so does
 * whoever comes while others wait; where too many wait, more are refused at once, because a queue that can't be served
 * in time only makes all late.
 *
 * A request is a connection too, for as long as it lasts; a tunnel (an upgraded or plain connection) is nothing else.
 * How many requests are too many is declared, or found by watching: see `AdaptiveLimit`.
 */
export class Bulkhead<Waiter> {
  readonly adaptive: AdaptiveLimit;
  readonly #cells: Cells;
  /** By rank, the first first. */
  readonly #waiting: FairQueue<Waiter>[] = [];

  constructor(cells: Cells = ownCells(BULKHEAD_CELLS)) {
    this.#cells = cells;
    this.adaptive = new AdaptiveLimit(cells.subarray(ADAPTIVE, BULKHEAD_CELLS));
  }

  get waiting(): number {
    return this.#at(WAITS);
  }

  /** Those that have a place. */
  get requests(): number {
    return this.#at(REQUESTS);
  }

  get tunnels(): number {
    return this.#at(TUNNELS);
  }

  /** Whether somebody who waits could be let in. */
  hasRoom({ requests, connections }: Places): boolean {
    const used = this.#at(REQUESTS);
    const tunnels = this.#at(TUNNELS);
    return used < (requests === 'auto' ? this.adaptive.limit : requests) && used + tunnels < connections;
  }

  /** Takes a place for a request. */
  tryEnter(limits: Places): boolean {
    if (this.#at(WAITS) > 0 || !this.hasRoom(limits)) return false;
    this.#add(REQUESTS, 1);
    return true;
  }

  /** Returns false where the queue is full. Rank 0 goes before 1, and so on; within a rank, clients take turns. */
  tryWait(waiter: Waiter, { pending }: Places, rank = 0, client = ''): boolean {
    if (this.#at(WAITS) >= pending) return false;
    this.#await(waiter, rank, client);
    return true;
  }

  /**
   * Takes somebody out of a full queue for one that comes and waits in its stead: who came last of the last rank, where
   * that is behind `rank`, else of the client that has clearly more waiting than this one. Undefined: there is nobody.
   */
  pushOut(waiter: Waiter, rank: number, client = ''): Waiter | undefined {
    for (let behind = this.#waiting.length - 1; behind >= rank; behind--) {
      const last = this.#waiting[behind]?.last;
      const own = this.#waiting[behind]?.sizeOf(client) ?? 0;
      if (last === undefined || (behind === rank && last.of <= own + 1)) continue;
      if (!this.#remove(last.item)) continue;
      this.#await(waiter, rank, client);
      return last.item;
    }
    return undefined;
  }

  stopWaiting(waiter: Waiter): void {
    this.#remove(waiter);
  }

  /** Who has waited longest of the first rank, if there is room: the place is taken for it. */
  next(limits: Places): Waiter | undefined {
    if (this.#at(WAITS) === 0 || !this.hasRoom(limits)) return undefined;
    for (const waiting of this.#waiting) {
      const waiter = waiting.take();
      if (waiter === undefined) continue;
      this.#add(WAITS, -1);
      this.#add(REQUESTS, 1);
      return waiter;
    }
    return undefined;
  }

  /** Who has waited longest of the first rank. */
  get first(): Waiter | undefined {
    return this.#waiting.find(({ size }) => size > 0)?.first;
  }

  leave(): void {
    this.#add(REQUESTS, -1);
  }

  tryOpenTunnel({ connections }: Places): boolean {
    if (this.#at(REQUESTS) + this.#at(TUNNELS) >= connections) return false;
    this.#add(TUNNELS, 1);
    return true;
  }

  /** A request has switched protocols. */
  becomeTunnel(): void {
    this.#add(REQUESTS, -1);
    this.#add(TUNNELS, 1);
  }

  closeTunnel(): void {
    this.#add(TUNNELS, -1);
  }

  #await(waiter: Waiter, rank: number, client: string): void {
    while (this.#waiting.length <= rank) this.#waiting.push(new FairQueue());
    this.#waiting[rank]?.add(waiter, client);
    this.#add(WAITS, 1);
  }

  #remove(waiter: Waiter): boolean {
    const isOut = this.#waiting.some((waiting) => waiting.delete(waiter));
    if (isOut) this.#add(WAITS, -1);
    return isOut;
  }

  #at(cell: number): number {
    return this.#cells[cell] ?? 0;
  }

  #add(cell: number, count: number): void {
    this.#cells[cell] = (this.#cells[cell] ?? 0) + count;
  }
}

/** What a caller may have in flight. */
export type Places = Pick<LimitsSpec, 'connections' | 'requests' | 'pending'>;

/** The cells. */
const REQUESTS = 0;
const TUNNELS = 1;
const WAITS = 2;
/** So many of the first cells count what is there now. */
export const BULKHEAD_GAUGES = 3;
const ADAPTIVE = BULKHEAD_GAUGES;
export const BULKHEAD_CELLS = 4;
