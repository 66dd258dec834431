import { LIMITS } from '../limits.ts';

/** A request that was read, and has still to begin. */
export interface Opening {
  /** Its turn has come. */
  onTurn(): void;
}

/**
 * How many requests begin in one turn of the loop: no more than `LIMITS.openingsPerTurn`, and the rest in the next turns, in
 * the order in which they came.
 *
 * The kernel tells in one turn of all that there is to read, which may be a thousand requests. If all began at once, a thousand
 * were under way to their instances before the first answer is read, and by then nothing of them is in the processor's caches any
 * more. So the loop asks again after some of them, and answers that have come meanwhile go first: what is under way is as
 * little as their instances let it be. Nobody waits for anything but work that is there to be done.
 */
export class Openings {
  #left: number = LIMITS.openingsPerTurn;
  readonly #waiting: Opening[] = [];

  /** Whether another request may begin in this turn. */
  tryOpen(): boolean {
    if (this.#left === 0) return false;
    this.#left--;
    return true;
  }

  /** It begins in one of the next turns. */
  defer(opening: Opening): void {
    this.#waiting.push(opening);
  }

  /** The loop has read all that there was to read. Returns whether more wait for the next turn. */
  endTurn(): boolean {
    // Under a load that does not end it is never empty: who has begun must not stay in it.
    if (this.#waiting.length > 0) {
      for (const opening of this.#waiting.splice(0, LIMITS.openingsPerTurn)) opening.onTurn();
    }
    const isDone = this.#waiting.length === 0;
    this.#left = isDone ? LIMITS.openingsPerTurn : 0;
    return !isDone;
  }
}
