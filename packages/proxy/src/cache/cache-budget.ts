import { LIMITS } from '../limits.ts';

/** Something that holds memory, and can give some of it back. */
export interface Evicting {
  readonly bytes: number;
  evict(): boolean;
}

/** The memory of all services' caches together. Whoever has most gives up first. */
export class CacheBudget {
  #most: number;
  readonly #holders = new Set<Evicting>();
  #bytes = 0;

  constructor(most: number = LIMITS.cacheBytes) {
    this.#most = most;
  }

  /** All that is stored may take so much from now on. */
  set most(bytes: number) {
    this.#most = bytes;
    this.keep();
  }

  add(holder: Evicting, bytes: number): void {
    this.#bytes += bytes;
    if (holder.bytes > 0) this.#holders.add(holder);
    else this.#holders.delete(holder);
  }

  keep(): void {
    while (this.#bytes > this.#most) {
      const [largest] = [...this.#holders].sort((a, b) => b.bytes - a.bytes);
      if (largest === undefined || !largest.evict()) return;
    }
  }
}
