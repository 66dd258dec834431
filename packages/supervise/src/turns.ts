/** Lets acts of one name happen one after the other, in the order in which they came; other names don't wait. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  take<T>(name: string, act: () => Promise<T>): Promise<T> {
    const turn = this.settled(name).then(act);
    this.#last.set(name, turn);
    const leave = () => {
      if (this.#last.get(name) === turn) this.#last.delete(name);
    };
    turn.then(leave, leave);
    return turn;
  }

  isTaken(name: string): boolean {
    return this.#last.has(name);
  }

  /** When all that was asked for until now is done, however it went. */
  async settled(name: string): Promise<void> {
    await this.#last.get(name)?.catch(() => {});
  }

  async allSettled(): Promise<void> {
    await Promise.allSettled(this.#last.values());
  }
}
