/** Events in the order of their time: a heap. */
export class Timers {
  readonly #heap: Timer[] = [];

  add(at: number, act: () => void): void {
    this.#heap.push({ at, act });
    for (let child = this.#heap.length - 1; child > 0; ) {
      const parent = (child - 1) >> 1;
      if (this.#at(parent) <= this.#at(child)) break;
      child = this.#swap(child, parent);
    }
  }

  next(before: number): Timer | undefined {
    if (this.#at(0) >= before) return undefined;
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return first;
    this.#heap[0] = last;
    for (let parent = 0; ; ) {
      const least = [2 * parent + 1, 2 * parent + 2].reduce((a, b) => (this.#at(b) < this.#at(a) ? b : a), parent);
      if (least === parent) return first;
      parent = this.#swap(parent, least);
    }
  }

  /** Infinite: there is none. */
  get firstAt(): number {
    return this.#at(0);
  }

  #at(index: number): number {
    return this.#heap[index]?.at ?? Number.POSITIVE_INFINITY;
  }

  #swap(from: number, to: number): number {
    [this.#heap[from], this.#heap[to]] = [this.#heap[to]!, this.#heap[from]!];
    return to;
  }
}

interface Timer {
  readonly at: number;
  readonly act: () => void;
}
