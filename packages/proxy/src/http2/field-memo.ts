import type { BlockWriter } from './block-writer.ts';

/**
 * The last block that was encoded, field by field. Most blocks say what the one before said, but for a field or two such as
 * the request's id: what stands where it stood is copied, a run of fields at once. It is good while the table has not
 * changed since, which is the encoder's to know.
 */
export class FieldMemo {
  /** Of the table, when the block was written; -1: it is good for nothing. */
  changes = -1;
  #raw: readonly string[] = NONE;
  #bytes: Buffer = EMPTY;
  /** Where each field ends; below zero, if it would be written in another way the next time. */
  #ends: number[] = [];
  /** Where the value begins of each field of which another value would be written out; 0: of others. */
  #values: number[] = [];
  /** The same of the block that is being written. */
  #next: number[] = [];
  #nextValues: number[] = [];

  /** Copies the fields from the nth on that are as they were; returns how many. */
  copyRun(raw: readonly string[], nth: number, writer: BlockWriter): number {
    const [known, ends, next] = [this.#raw, this.#ends, this.#next];
    let at = nth;
    while ((ends[at] ?? 0) > 0 && isSameField(raw, known, at)) at++;
    if (at === nth) return 0;
    const start = nth === 0 ? 0 : Math.abs(ends[nth - 1] ?? 0);
    const shift = writer.at - start;
    writer.copy(this.#bytes, start, ends[at - 1] ?? 0);
    for (let copied = nth; copied < at; copied++) {
      const value = this.#values[copied] ?? 0;
      next[copied] = (ends[copied] ?? 0) + shift;
      this.#nextValues[copied] = value === 0 ? 0 : value + shift;
    }
    return at - nth;
  }

  /** Copies what stands before the nth field's value, if that is another one and is written out; returns whether it is. */
  copyName(raw: readonly string[], nth: number, writer: BlockWriter): boolean {
    const value = this.#values[nth] ?? 0;
    if (value === 0 || raw[2 * nth] !== this.#raw[2 * nth] || raw[2 * nth + 1] === this.#raw[2 * nth + 1]) return false;
    writer.copy(this.#bytes, nth === 0 ? 0 : Math.abs(this.#ends[nth - 1] ?? 0), value);
    return true;
  }

  /** The nth field of the block ends here. */
  note(nth: number, end: number, { repeats, value }: Written): void {
    this.#next[nth] = repeats ? end : -end;
    this.#nextValues[nth] = value;
  }

  /** The block is whole: it takes the place of the one before, unless it is too large. Returns whether it does. */
  keep(raw: readonly string[], { bytes, at }: BlockWriter): boolean {
    if (at > MOST_BYTES) return false;
    if (this.#bytes.length < at) this.#bytes = Buffer.allocUnsafeSlow(Math.min(MOST_BYTES, at + SPARE_BYTES));
    bytes.copy(this.#bytes, 0, 0, at);
    this.#raw = raw;
    const [ends, values] = [this.#ends, this.#values];
    this.#ends = this.#next;
    this.#values = this.#nextValues;
    this.#next = ends;
    this.#nextValues = values;
    return true;
  }
}

/** How a field was written. */
export interface Written {
  /** It would be written in the same way once more. */
  readonly repeats: boolean;
  /** Where its value begins, if another one would be written out too; else 0. */
  readonly value: number;
}

function isSameField(raw: readonly string[], known: readonly string[], nth: number): boolean {
  return 2 * nth < raw.length && raw[2 * nth] === known[2 * nth] && raw[2 * nth + 1] === known[2 * nth + 1];
}

const NONE: readonly string[] = [];
const EMPTY = Buffer.alloc(0);
const MOST_BYTES = 2 * 1024;
const SPARE_BYTES = 64;
