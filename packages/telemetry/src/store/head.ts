import type { Schema } from './schema.ts';

/** Rows with numbers in the order in which they came. */
export interface Numbered<R> {
  readonly rows: readonly R[];
  readonly first: number;
  readonly last: number;
}

/** Some of them, as a segment has them. */
export interface Encoded {
  readonly first: number;
  readonly last: number;
  readonly bytes: Buffer;
}

/**
 * The newest rows of one signal, in memory: those that only are there, and those that the log of what came has too. They
 * have numbers, so that whoever finds rows in two places, after a kill between two writes, knows that they are the same.
 */
export class Head<R> {
  readonly schema: Schema<R>;
  #rows: R[] = [];
  /** The number of the first row here. */
  #first: number;
  /** The rows before this number are in the log. */
  #synced: number;
  /** From which number on rows came after which instant, the oldest first. */
  #marks: { readonly at: number; readonly from: number }[] = [];
  /** What the log has in the form of a segment already, the oldest first. */
  #encoded: Encoded[] = [];

  constructor(schema: Schema<R>, first: number) {
    this.schema = schema;
    this.#first = first;
    this.#synced = first;
  }

  get rows(): readonly R[] {
    return this.#rows;
  }

  get first(): number {
    return this.#first;
  }

  /** The number that the next row gets. */
  get next(): number {
    return this.#first + this.#rows.length;
  }

  append(rows: readonly R[], now: number): void {
    const newest = this.#marks.at(-1);
    if (newest === undefined || now - newest.at >= MARK_MS) this.#marks.push({ at: now, from: this.next });
    for (const row of rows) this.#rows.push(row);
  }

  /** What is only here; undefined: nothing is. */
  unsynced(): Numbered<R> | undefined {
    if (this.#synced >= this.next) return undefined;
    return { rows: this.#rows.slice(this.#synced - this.#first), first: this.#synced, last: this.next - 1 };
  }

  synced(next: number, encoded: readonly Encoded[] = []): void {
    this.#synced = next;
    this.#encoded.push(...encoded);
  }

  /** The next rows that are encoded already. */
  get encoded(): Encoded | undefined {
    return this.#encoded[0];
  }

  /** Gives up what waits for a disk that takes nothing; says how many that were. */
  dropUnsynced(): number {
    return this.#rows.splice(this.#synced - this.#first).length;
  }

  /** So many of the oldest rows are in the log, and came before that instant. */
  olderThan(at: number): number {
    const later = this.#marks.find((mark) => mark.at > at);
    return Math.max(0, Math.min(later?.from ?? this.next, this.#synced) - this.#first);
  }

  /** So many of the oldest rows are in the log. */
  get sealable(): number {
    return this.#synced - this.#first;
  }

  oldest(rows: number): Numbered<R> {
    return { rows: this.#rows.slice(0, rows), first: this.#first, last: this.#first + rows - 1 };
  }

  /** So many of the oldest rows are kept elsewhere now, or are not kept. */
  release(rows: number): void {
    this.#rows.splice(0, rows);
    this.#first += rows;
    while (this.#encoded[0] !== undefined && this.#encoded[0].first < this.#first) this.#encoded.shift();
    const past = this.#marks.findLastIndex((mark) => mark.from <= this.#first);
    if (past > 0) this.#marks.splice(0, past);
    if (this.#rows.length === 0) this.#marks = [];
  }
}

/** How finely it is known when rows came. */
const MARK_MS = 500;
