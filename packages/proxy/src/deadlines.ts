import { LIMITS } from './limits.ts';

/** Something that waits. It changes `deadlineAt` as it goes on; `Infinity` waits for ever. */
export interface Waiting {
  readonly deadlineAt: number;
  onDeadline(): void;
}

/**
 * One coarse timer for everything that waits. A timer per request would be set and cleared tens of thousands of times a
 * second, and nearly never fire; a sweep over all that waits, ten times a second, costs next to nothing.
 */
export class Deadlines {
  readonly #waiting = new Set<Waiting>();
  readonly #timer: NodeJS.Timeout;
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
    this.#timer = setInterval(() => this.#sweep(), LIMITS.sweepMs);
  }

  add(waiting: Waiting): void {
    this.#waiting.add(waiting);
  }

  delete(waiting: Waiting): void {
    this.#waiting.delete(waiting);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #sweep(): void {
    const now = this.#now();
    for (const waiting of this.#waiting) if (waiting.deadlineAt <= now) waiting.onDeadline();
  }
}
