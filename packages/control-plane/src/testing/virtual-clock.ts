import type { Clock } from '../clock.ts';
import { type Timer, Timers } from './timers.ts';

/**
 * Time that passes only when it is told to, from one timer to the next; what it sets off has come to rest before the next
 * one. Two timers of one instant ring in the order in which they were set. Real time is never asked.
 */
export class VirtualClock implements Clock {
  readonly #dice: () => number;
  readonly #timers = new Timers();
  #now: number;
  #order = 0;
  /** What the wall clock shows beside the time that passes: an administrator may put it forward or back. */
  #offset = 0;

  constructor({ now = 1_700_000_000_000, dice = () => 0.5 }: { now?: number; dice?: () => number } = {}) {
    this.#now = now;
    this.#dice = dice;
  }

  now(): number {
    return this.#now + this.#offset;
  }

  /** What has passed, whatever the wall clock shows. */
  elapsed(): number {
    return this.#now;
  }

  dice(): number {
    return this.#dice();
  }

  after(delayMs: number, act: () => void): Disposable {
    const timer: Timer = { at: this.#now + Math.max(0, delayMs), order: this.#order++, act };
    this.#timers.add(timer);
    return {
      [Symbol.dispose]: () => {
        timer.act = undefined;
      },
    };
  }

  /** Timers run on: they count what passes, as the kernel's do. */
  jump(byMs: number): void {
    this.#offset += byMs;
  }

  /** Lets so much time pass. */
  async pass(ms: number): Promise<void> {
    const until = this.#now + ms;
    await rest();
    for (let next = this.#timers.take(until); next !== undefined; next = this.#timers.take(until)) {
      this.#now = next.at;
      next.act?.();
      await rest();
    }
    this.#now = until;
  }
}

/** Every promise that could be kept without waiting for the world outside has been. */
function rest(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
