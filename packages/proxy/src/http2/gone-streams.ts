/**
 * Streams that we have reset, and of which the peer may not have heard: what still comes of them is dropped without a word. Of
 * all others that have closed, the peer knows. Only the last ones are remembered.
 */
export class GoneStreams {
  #ids: Set<number> | undefined;

  add(id: number): void {
    this.#ids ??= new Set();
    this.#ids.add(id);
    if (this.#ids.size <= REMEMBERED) return;
    const [oldest = 0] = this.#ids;
    this.#ids.delete(oldest);
  }

  has(id: number): boolean {
    return this.#ids?.has(id) === true;
  }

  /** The peer has ended its side, or reset it too: nothing more can come. */
  delete(id: number): void {
    this.#ids?.delete(id);
    if (this.#ids?.size === 0) this.#ids = undefined;
  }
}

const REMEMBERED = 256;
