import type { BlockWriter } from './block-writer.ts';

/**
 * The last block that was encoded, field by field. Most blocks say what the one before said, but for a field or two such as
 * the request's id: what stands where it stood is copied, a run of fields at once. It is good while the table has not
 * changed since, which is the encoder's to know.
 */
export class FieldMemo {
  #raw: readonly string[] = NONE;
  #bytes: Buffer = EMPTY;
  /** Where each field ends; below zero, if it would be written in another way the next time. */
  #ends: number[] = [];
  /** The same of the block that is being written. */
  #next: number[] = [];

  /** Copies the fields from the nth on that are as they were; returns how many. */
  copyRun(raw: readonly string[], nth: number, writer: BlockWriter): number {
    const [known, ends, next] = [this.#raw, this.#ends, this.#next];
    let at = nth;
    while ((ends[at] ?? 0) > 0 && isSameField(raw, known, at)) at++;
    if (at === nth) return 0;
    const start = nth === 0 ? 0 : Math.abs(ends[nth - 1] ?? 0);
    const shift = writer.at - start;
    writer.copy(this.#bytes, start, ends[at - 1] ?? 0);
    for (let copied = nth; copied < at; copied++) next[copied] = (ends[copied] ?? 0) + shift;
    return at - nth;
  }

  /** The nth field of the block ends here. `repeats`: it would be written in the same way once more. */
  note(nth: number, end: number, repeats: boolean): void {
    this.#next[nth] = repeats ? end : -end;
  }

  /** The block is whole: it takes the place of the one before, unless it is too large. Returns whether it does. */
  keep(raw: readonly string[], { bytes, at }: BlockWriter): boolean {
    if (at > MOST_BYTES) return false;
    if (this.#bytes.length < at) this.#bytes = Buffer.allocUnsafeSlow(Math.min(MOST_BYTES, at + SPARE_BYTES));
    bytes.copy(this.#bytes, 0, 0, at);
    this.#raw = raw;
    const ends = this.#ends;
    this.#ends = this.#next;
    this.#next = ends;
    return true;
  }
}

function isSameField(raw: readonly string[], known: readonly string[], nth: number): boolean {
  return 2 * nth < raw.length && raw[2 * nth] === known[2 * nth] && raw[2 * nth + 1] === known[2 * nth + 1];
}

const NONE: readonly string[] = [];
const EMPTY = Buffer.alloc(0);
const MOST_BYTES = 2 * 1024;
const SPARE_BYTES = 64;
