export interface Timer {
  readonly at: number;
  /** Of two of one instant, the one that was set first rings first. */
  readonly order: number;
  /** Undefined: it was called off, and does not ring. */
  act: (() => void) | undefined;
}

/** A binary heap of what is still to ring: a simulated system sets and calls off thousands for each that rings. */
export class Timers {
  readonly #heap: Timer[] = [];

  add(timer: Timer): void {
    const heap = this.#heap;
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !isBefore(timer, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = timer;
  }

  /** The next that rings by then. */
  take(until: number): Timer | undefined {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (first.act !== undefined && first.at > until) return undefined;
      this.#removeFirst();
      if (first.act !== undefined) return first;
    }
    return undefined;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]];
      if (left === undefined) break;
      const isLeft = right === undefined || isBefore(left, right);
      const least = isLeft ? left : right;
      if (!isBefore(least, last)) break;
      heap[at] = least;
      at = 2 * at + (isLeft ? 1 : 2);
    }
    heap[at] = last;
  }
}

function isBefore(one: Timer, other: Timer): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
