import type { Cells } from '@islet/policy';
import { type Lock, NO_LOCK } from './mutex.ts';

/** How many there are of something that has a limit. */
export class Gauge {
  readonly #total: Cells;
  readonly #own: Cells;
  readonly #lock: Lock;

  /** The first cell of each: of all threads, and of this one. */
  constructor(total: Cells = new Float64Array(1), own: Cells = new Float64Array(1), lock: Lock = NO_LOCK) {
    this.#total = total;
    this.#own = own;
    this.#lock = lock;
  }

  get total(): number {
    return this.#total[0] ?? 0;
  }

  /** One more, where there are fewer than `most`. */
  tryAdd(most: number): boolean {
    this.#lock.take();
    const added = this.total < most;
    if (added) this.#add(1);
    this.#lock.release();
    return added;
  }

  remove(count = 1): void {
    this.#lock.take();
    this.#add(-count);
    this.#lock.release();
  }

  #add(count: number): void {
    this.#total[0] = this.total + count;
    this.#own[0] = (this.#own[0] ?? 0) + count;
  }
}
