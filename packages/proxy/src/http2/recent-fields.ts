/** The last few fields of one connection that were written out, though another time they might be in the table. */
export class RecentFields {
  readonly #names: string[] = [];
  readonly #values: string[] = [];
  #next = 0;

  has(name: string, value: string): boolean {
    for (let at = 0; at < this.#names.length; at++) {
      if (this.#names[at] === name && this.#values[at] === value) return true;
    }
    return false;
  }

  add(name: string, value: string): void {
    this.#names[this.#next] = name;
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % MOST;
  }
}

const MOST = 16;
