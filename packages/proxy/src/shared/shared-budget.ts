import { RetryBudget } from '@islet/policy';
import type { Slot } from './arena.ts';
import { guardsCells } from './layout.ts';

/** The retries that one caller has left, in all threads. */
export class SharedBudget extends RetryBudget {
  readonly #slot: Slot;

  constructor(slot: Slot) {
    super(guardsCells(slot.state).budget);
    this.#slot = slot;
  }

  override request(nowMs: number): void {
    const { lock } = this.#slot;
    lock.take();
    super.request(nowMs);
    lock.release();
  }

  override tryRetry(nowMs: number, percent: number): boolean {
    const { lock } = this.#slot;
    lock.take();
    const may = super.tryRetry(nowMs, percent);
    lock.release();
    return may;
  }
}
