/**
 * Milliseconds that never go back, read once for each event of a socket. All that one read brings about happens in some
 * microseconds, and asks for the time a dozen times; each reading is a call out of JavaScript. Outside of such an event
 * every reading is a new one.
 */
export class Clock {
  readonly #read: () => number;
  #held: number | undefined;

  constructor(read: () => number) {
    this.#read = read;
  }

  readonly now = (): number => this.#held ?? this.#read();

  /** The time stands still until `release`. Returns false where it stands already, and whoever held it first releases it. */
  hold(): boolean {
    if (this.#held !== undefined) return false;
    this.#held = this.#read();
    return true;
  }

  release(): void {
    this.#held = undefined;
  }
}
