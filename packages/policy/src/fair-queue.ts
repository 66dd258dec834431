/**
 * A queue in which clients take turns (round robin; Nagle, RFC 970): of one client's, who came first goes first, and
 * one client's thousand requests hold nobody else's up by more than one.
 */
export class FairQueue<T> {
  /** By client; the one whose turn it is stands first. */
  readonly #byKey = new Map<string, Set<T>>();
  readonly #keys = new Map<T, string>();

  get size(): number {
    return this.#keys.size;
  }

  /** How many of one client's wait. */
  sizeOf(key: string): number {
    return this.#byKey.get(key)?.size ?? 0;
  }

  add(item: T, key: string): void {
    const own = this.#byKey.get(key) ?? new Set();
    this.#byKey.set(key, own.add(item));
    this.#keys.set(item, key);
  }

  delete(item: T): boolean {
    const key = this.#keys.get(item);
    if (key === undefined) return false;
    this.#keys.delete(item);
    const own = this.#byKey.get(key);
    own?.delete(item);
    if (own?.size === 0) this.#byKey.delete(key);
    return true;
  }

  /** Whose turn it is. */
  get first(): T | undefined {
    for (const own of this.#byKey.values()) for (const item of own) return item;
    return undefined;
  }

  /** Takes out whose turn it is; that client's next is behind all others. */
  take(): T | undefined {
    const item = this.first;
    if (item === undefined) return undefined;
    const key = this.#keys.get(item) ?? '';
    this.delete(item);
    const own = this.#byKey.get(key);
    if (own !== undefined) {
      this.#byKey.delete(key);
      this.#byKey.set(key, own);
    }
    return item;
  }

  /** Who came last of the client that has most here, and how many that client has. */
  get last(): { readonly item: T; readonly of: number } | undefined {
    let longest: ReadonlySet<T> | undefined;
    for (const own of this.#byKey.values()) if (own.size >= (longest?.size ?? 0)) longest = own;
    const item = longest && [...longest].at(-1);
    return longest === undefined || item === undefined ? undefined : { item, of: longest.size };
  }
}
