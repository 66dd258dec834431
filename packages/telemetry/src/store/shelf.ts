import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Block, encodeBlock } from './block.ts';
import type { Encoded, Numbered } from './head.ts';
import { LIMITS } from './limits.ts';
import type { Schema, Signal } from './schema.ts';
import { type Placed, Segment } from './segment.ts';

export interface ShelfPlace {
  /** Of its segments alone. */
  readonly folder: string;
  readonly signal: Signal;
  readonly service: string;
}

/** Both ends included. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** How long and how much is kept. */
export interface Keep {
  readonly keepMs: number;
  readonly maxBytes: number;
}

/** The segments of one signal of one service, the oldest first. */
export class Shelf<R> {
  readonly signal: Signal;
  readonly service: string;
  readonly schema: Schema<R>;
  readonly #folder: string;
  #segments: Segment[];
  #sealed: number;

  constructor({ folder, signal, service }: ShelfPlace, schema: Schema<R>) {
    this.signal = signal;
    this.service = service;
    this.schema = schema;
    this.#folder = folder;
    this.#segments = filesOf(folder).map((name) => Segment.open(join(folder, name)));
    const ends = this.#segments.flatMap(({ blocks }) => blocks.map(({ header }) => header.last + 1));
    this.#sealed = ends.reduce((most, end) => Math.max(most, end), 0);
  }

  get segments(): readonly Segment[] {
    return this.#segments;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Rows of a smaller number are here, or were left. */
  get sealed(): number {
    return this.#sealed;
  }

  /** Durable when it returns; where it throws, all is as before. It is one block, so that it is there or is not. */
  put({ rows, first, last }: Numbered<R>, keep: Keep): void {
    const { signal, service } = this;
    this.putEncoded({ bytes: encodeBlock({ signal, service, rows, first, last }, this.schema), first, last }, keep);
  }

  /** The same, of a block that was made before. */
  putEncoded({ bytes, first, last }: Encoded, keep: Keep): void {
    this.#current(keep, first).append(bytes);
    this.#sealed = Math.max(this.#sealed, last + 1);
  }

  /** The blocks that may hold something of a stretch, the newest first. */
  *blocks(stretch: Stretch): Generator<Block<R>> {
    const found = [...this.placed(stretch)].sort((one, other) => other.placed.header.to - one.placed.header.to);
    for (const { segment, placed } of found) yield segment.block(placed, this.schema);
  }

  /** Where those blocks are, in no order. */
  placed(stretch: Stretch): readonly { readonly segment: Segment; readonly placed: Placed }[] {
    return this.#segments
      .filter((segment) => segment.to >= stretch.from && segment.from <= stretch.to)
      .flatMap((segment) => segment.blocks.map((placed) => ({ segment, placed })))
      .filter(({ placed: { header } }) => header.to >= stretch.from && header.from <= stretch.to);
  }

  /** Stretches of which something is damaged: between the blocks around it nothing is known any more. */
  lost(): readonly Stretch[] {
    return this.#segments.flatMap((segment) =>
      segment.damage.map(({ at }) => {
        const before = segment.blocks.findLast(({ body }) => body < at)?.header.to ?? segment.from;
        const after = segment.blocks.find(({ body }) => body > at)?.header.from ?? segment.to;
        return { from: Math.min(before, after), to: Math.max(before, after) };
      }),
    );
  }

  /** Deletes the segments whose newest row is older. */
  expire(before: number): void {
    for (const segment of this.#segments.filter(({ to }) => to < before)) this.remove(segment);
  }

  remove(segment: Segment): void {
    segment.remove();
    this.#segments = this.#segments.filter((one) => one !== segment);
  }

  #current({ keepMs, maxBytes }: Keep, number: number): Segment {
    const newest = this.#segments.at(-1);
    const share = Math.max(LIMITS.smallestSegmentBytes, maxBytes * LIMITS.segmentShare);
    const isOpen =
      newest !== undefined &&
      newest.bytes < Math.min(LIMITS.largestSegmentBytes, share) &&
      !(newest.to - newest.from >= keepMs * LIMITS.segmentShare);
    if (isOpen) return newest;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const made = Segment.open(join(this.#folder, `${String(number).padStart(16, '0')}.seg`));
    this.#segments.push(made);
    return made;
  }
}

function filesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.seg'))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
