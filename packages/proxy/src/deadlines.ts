import { LIMITS } from './limits.ts';

/** Something that waits. It changes `deadlineAt` as it goes on; `Infinity` waits for ever. */
export interface Waiting {
  readonly deadlineAt: number;
  onDeadline(): void;
}

/**
 * One coarse timer for everything that waits. A timer per request would be set and cleared tens of thousands of times a
 * second, and nearly never fire; a sweep over all that waits, ten times a second, costs next to nothing.
 *
 * The loop runs its timers before it reads its sockets. After a long turn, what had come in time would be judged too late
 * by a proxy that had not looked; a thousand connections at once, to one that has just started, were enough to take an
 * instance for dead. So the sockets are read first, and then it is judged what was due when the timer fired.
 */
export class Deadlines {
  readonly #waiting = new Set<Waiting>();
  readonly #timer: NodeJS.Timeout;

  constructor(now: () => number) {
    this.#timer = setInterval(() => setImmediate(this.#sweep, now()), LIMITS.sweepMs);
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

  readonly #sweep = (due: number): void => {
    for (const waiting of this.#waiting) if (waiting.deadlineAt <= due) waiting.onDeadline();
  };
}
