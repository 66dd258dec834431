import { BULKHEAD_GAUGES, Bulkhead, type Places } from '@islet/policy';
import type { Waiter } from '../guards.ts';
import type { Slot } from './arena.ts';
import { guardsCells } from './layout.ts';

/**
 * The places of one caller for all threads at once. A thread lets in those that wait in it, so a place that it frees is soon its own
 * again, and who waits elsewhere would never get one. So of the places that it frees, it leaves as many to the others as their part of
 * those who wait: it tells them, and looks itself only a moment later, should nobody have come.
 */
export class SharedBulkhead extends Bulkhead<Waiter> {
  readonly #slot: Slot;
  readonly #onFreed: () => void;
  readonly #before = new Float64Array(BULKHEAD_GAUGES);
  /** Of the places freed, what is due to others and was not left to them. */
  #owed = 0;
  #isLeaving = false;

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

  override tryWait(waiter: Waiter, limits: Places, rank?: number, client?: string): boolean {
    this.#take();
    const waits = super.tryWait(waiter, limits, rank, client);
    // Since it was refused, another thread may have freed a place, and have seen nobody who waits.
    const mayGo = waits && this.hasRoom(limits);
    this.#release();
    if (mayGo) setImmediate(() => this.look());
    return waits;
  }

  override pushOut(waiter: Waiter, rank: number, client?: string): Waiter | undefined {
    this.#take();
    const out = super.pushOut(waiter, rank, client);
    this.#release();
    return out;
  }

  override stopWaiting(waiter: Waiter): void {
    this.#take();
    super.stopWaiting(waiter);
    this.#release();
  }

  override next(limits: Places): Waiter | undefined {
    if (this.#isLeaving) return undefined;
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
    const { waiting } = this;
    const elsewhere = waiting - (this.#slot.own[WAITS] ?? 0);
    this.#release();
    if (elsewhere <= 0) return;
    this.#owed += elsewhere / waiting;
    if (this.#owed < 1) return;
    this.#owed -= 1;
    this.#leaveToOthers();
  }

  #leaveToOthers(): void {
    this.#isLeaving = true;
    this.#onFreed();
    setTimeout(() => {
      this.#isLeaving = false;
      this.look();
    }, LEAVE_MS);
  }
}

/** A message to another thread takes less, if it has a processor. */
const LEAVE_MS = 1;
/** Of the gauges of a bulkhead, the one of those who wait. */
const WAITS = 2;
