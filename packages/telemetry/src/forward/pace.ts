import { setTimeout as pause } from 'node:timers/promises';

/**
 * One thing after another, with rests: after each stretch of work `restShare` times as long is left to whatever else the
 * process does. So however much there is to do, it takes a part of a core and no more.
 */
export class Pace {
  readonly #restShare: number;
  #free: Promise<void> = Promise.resolve();

  constructor(restShare: number) {
    this.#restShare = restShare;
  }

  /** `hurry`: what is over soon does not rest. A throw of the work is the caller's. */
  async work<T>(work: () => T, hurry: AbortSignal): Promise<T> {
    const before = this.#free;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#free = promise;
    await before;
    const startedAt = performance.now();
    try {
      return work();
    } finally {
      const restMs = (performance.now() - startedAt) * this.#restShare;
      void pause(restMs, undefined, { signal: hurry, ref: false })
        .catch(() => undefined)
        .then(resolve);
    }
  }
}
