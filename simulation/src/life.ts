import type { Clock } from '@islet/control-plane/testing';

/** Thrown into what a dead control plane was doing: nothing of it goes any further. */
export class Killed extends Error {}

/** One for all: where it was thrown does not matter, and the dead are asked often. */
const KILLED = new Killed('killed');

/**
 * One incarnation of the control plane, which can be killed at every step that it takes into the world: before a call of a
 * driver or a store, and between its effect and its answer. From then on none of its calls has an effect, none is
 * answered, and none of its timers rings; whatever it was doing is left as it is, as `kill -9` leaves it.
 */
export class Life {
  alive = true;
  #crossings = 0;
  #dieAt = Number.POSITIVE_INFINITY;
  readonly #onDeath: () => void;
  readonly #ended = Promise.withResolvers<void>();

  constructor(onDeath: () => void) {
    this.#onDeath = onDeath;
  }

  /** Its connections break when it dies. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** It dies at the n-th crossing from now. */
  dieIn(crossings: number): void {
    this.#dieAt = this.#crossings + crossings;
  }

  end(): void {
    if (!this.alive) return;
    this.alive = false;
    this.#ended.resolve();
    this.#onDeath();
  }

  /** A driver as this incarnation sees it. */
  over<T extends object>(driver: T): T {
    return new Proxy(driver, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return (...given: readonly unknown[]) => this.#call(() => member.apply(target, given));
      },
    });
  }

  clock(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      dice: () => clock.dice(),
      after: (delayMs, act) => clock.after(delayMs, () => this.alive && unlessKilled(act)),
    };
  }

  #call(act: () => unknown): unknown {
    this.#cross();
    const result = act();
    if (!(result instanceof Promise)) {
      this.#cross();
      return result;
    }
    return result.then(
      (value) => this.#answer(() => value),
      (error: unknown) =>
        this.#answer(() => {
          throw error;
        }),
    );
  }

  /** The dead hear nothing. */
  #answer<T>(give: () => T): T | Promise<never> {
    if (this.alive && ++this.#crossings >= this.#dieAt) this.end();
    return this.alive ? give() : new Promise<never>(() => {});
  }

  #cross(): void {
    if (this.alive && ++this.#crossings >= this.#dieAt) this.end();
    if (!this.alive) throw KILLED;
  }
}

/** Dies in the middle of it: then it ends there. */
export function unlessKilled(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
  }
}
