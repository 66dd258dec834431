/** Bytes that wait for a window, in pieces as they came. */
export class SendQueue {
  #pieces: Buffer[] = [];
  /** Of the first piece, what has been sent. */
  #from = 0;
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#bytes === 0;
  }

  /** What is next; never empty. */
  get first(): Buffer | undefined {
    return this.#from === 0 ? this.#pieces[0] : this.#pieces[0]?.subarray(this.#from);
  }

  add(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
  }

  /** So much of the first piece has been sent. */
  take(length: number): void {
    this.#from += length;
    this.#bytes -= length;
    if (this.#from < (this.#pieces[0]?.length ?? 0)) return;
    this.#pieces.shift();
    this.#from = 0;
  }

  /** Returns how much was dropped. */
  clear(): number {
    const dropped = this.#bytes;
    this.#pieces = [];
    this.#from = 0;
    this.#bytes = 0;
    return dropped;
  }
}
