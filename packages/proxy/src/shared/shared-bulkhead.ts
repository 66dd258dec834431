import { BULKHEAD_GAUGES, Bulkhead, type Places } from '@islet/policy';
import type { Waiter } from '../guards.ts';
import type { Slot } from './arena.ts';
import { guardsCells } from './layout.ts';

/**
 * The places of one caller for all threads at once. A thread lets in those that wait in it; so one that frees a place while others
 * wait elsewhere says so, and they look. Between threads, who looks first is served first.
 */
export class SharedBulkhead extends Bulkhead<Waiter> {
  readonly #slot: Slot;
  readonly #onFreed: () => void;
  readonly #before = new Float64Array(BULKHEAD_GAUGES);

  /** `onFreed`: there is a place, and whoever waits for it is in another thread. */
  constructor(slot: Slot, onFreed: () => void) {
    super(guardsCells(slot.state).bulkhead);
    this.#slot = slot;
    this.#onFreed = onFreed;
  }

  override tryEnter(limits: Places): boolean {
    this.#take();
    const entered = super.tryEnter(limits);
    this.#release();
    return entered;
  }

  override tryWait(waiter: Waiter, limits: Places, rank?: number): boolean {
    this.#take();
    const waits = super.tryWait(waiter, limits, rank);
    // Since it was refused, another thread may have freed a place, and have seen nobody who waits.
    const mayGo = waits && this.hasRoom(limits);
    this.#release();
    if (mayGo) setImmediate(() => this.look());
    return waits;
  }

  override pushOut(rank: number): Waiter | undefined {
    this.#take();
    const out = super.pushOut(rank);
    this.#release();
    return out;
  }

  override stopWaiting(waiter: Waiter): void {
    this.#take();
    super.stopWaiting(waiter);
    this.#release();
  }

  override next(limits: Places): Waiter | undefined {
    this.#take();
    const next = super.next(limits);
    this.#release();
    return next;
  }

  override leave(): void {
    this.#take();
    super.leave();
    this.#releaseFreed();
  }

  override tryOpenTunnel(limits: Places): boolean {
    this.#take();
    const opened = super.tryOpenTunnel(limits);
    this.#release();
    return opened;
  }

  override becomeTunnel(): void {
    this.#take();
    super.becomeTunnel();
    this.#releaseFreed();
  }

  override closeTunnel(): void {
    this.#take();
    super.closeTunnel();
    this.#releaseFreed();
  }

  /** There may be a place for those who wait here. */
  look(): void {
    this.first?.onRoom();
  }

  #take(): void {
    this.#slot.lock.take();
    for (let gauge = 0; gauge < BULKHEAD_GAUGES; gauge++) this.#before[gauge] = this.#slot.state[gauge] ?? 0;
  }

  /** Whatever has changed since is this thread's doing. */
  #release(): void {
    const { own, state, lock } = this.#slot;
    for (let gauge = 0; gauge < BULKHEAD_GAUGES; gauge++) {
      own[gauge] = (own[gauge] ?? 0) + (state[gauge] ?? 0) - (this.#before[gauge] ?? 0);
    }
    lock.release();
  }

  #releaseFreed(): void {
    const waitsElsewhere = this.waiting > (this.#slot.own[WAITS] ?? 0);
    this.#release();
    if (waitsElsewhere) this.#onFreed();
  }
}

/** Of the gauges of a bulkhead, the one of those who wait. */
const WAITS = 2;
