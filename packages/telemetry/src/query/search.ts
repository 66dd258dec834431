import { setImmediate as breathe } from 'node:timers/promises';
import type { Looked } from '@islet/client';
import { type Block, DamagedBlock } from '../store/block.ts';
import type { Signal } from '../store/schema.ts';
import type { RowOf } from '../store/signals.ts';
import type { Store } from '../store/store.ts';

export interface Search<R> {
  readonly service: string | undefined;
  /** Both ends included. */
  readonly from: number;
  readonly to: number;
  readonly limit: number;
  /** Only rows of this trace. */
  readonly trace?: string | undefined;
  /** Only rows of this rank and above. */
  readonly rank?: number | undefined;
  /** Which rows of a block are wanted, by its columns. */
  readonly inBlock: (block: Block<R>) => (index: number) => boolean;
  /** The same, of a row in memory. */
  readonly inMemory: (row: R) => boolean;
}

export interface Found<R> {
  readonly row: R;
  readonly at: number;
  /** In the order in which rows came, of one signal of one service. */
  readonly number: number;
}

/** How long a search may take: the same process takes in what comes. */
const LOOK_MS = 2_000;
/** Blocks between two breaths. */
const BREATH = 8;

/** The newest rows that match, the newest first, and what had to be read for it. */
export async function newest<S extends Signal>(
  store: Store,
  signal: S,
  search: Search<RowOf[S]>,
): Promise<{ readonly found: readonly Found<RowOf[S]>[]; readonly looked: Looked }> {
  type R = RowOf[S];
  const found: Found<R>[] = [];
  let [segments, records, complete] = [0, 0, true];
  const isIn = (at: number) => at >= search.from && at <= search.to;
  for (const { rows, first } of store.heads(signal, search.service)) {
    records += rows.length;
    for (const [index, row] of rows.entries()) {
      if (isIn(row.at) && search.inMemory(row)) found.push({ row, at: row.at, number: first + index });
    }
  }
  cut(found, search.limit);
  const startedAt = performance.now();
  for (const { block, shelf } of blocksOf(store, signal, search)) {
    const oldest = found.length >= search.limit ? (found.at(-1)?.at ?? 0) : Number.NEGATIVE_INFINITY;
    if (block.header.to < oldest) break;
    if (performance.now() - startedAt > LOOK_MS) {
      complete = false;
      break;
    }
    segments++;
    records += block.header.rows;
    try {
      found.push(...matches(block, search, oldest));
      cut(found, search.limit);
    } catch (error) {
      if (!(error instanceof DamagedBlock || error instanceof RangeError)) throw error;
      store.noteDamaged(signal, shelf, block.header);
    }
    if (segments % BREATH === 0) await breathe();
  }
  return { found, looked: { segments, records, complete } };
}

/** All blocks that may have something, of all services that are asked for, the newest first. */
function* blocksOf<S extends Signal>(store: Store, signal: S, search: Search<RowOf[S]>) {
  const streams = store.shelves(signal, search.service).flatMap((shelf) => {
    const shown = shelf.service;
    return shelf.placed(search).map(({ segment, placed }) => ({ segment, placed, shelf, shown }));
  });
  streams.sort((one, other) => other.placed.header.to - one.placed.header.to);
  for (const { segment, placed, shelf, shown } of streams) {
    if (search.rank !== undefined && placed.header.top < search.rank) continue;
    const block = segment.block(placed, shelf.schema);
    if (search.trace !== undefined && !block.mayHold(search.trace)) continue;
    yield { block, shelf: shown };
  }
}

/** Of one block the newest that match, at most as many as are wanted. */
function matches<R>(block: Block<R>, { from, to, limit, trace, inBlock }: Search<R>, oldest: number): Found<R>[] {
  const at = block.column<number>('at');
  const unit = block.schema.atUnit;
  const traces = trace === undefined ? undefined : block.column<string>('trace');
  let isWanted: ((index: number) => boolean) | undefined;
  const hits: { readonly index: number; readonly at: number }[] = [];
  for (let index = 0; index < block.header.rows; index++) {
    const instant = at.at(index) / unit;
    if (instant < from || instant > to || instant < oldest) continue;
    if (traces !== undefined && traces.at(index) !== trace) continue;
    isWanted ??= inBlock(block);
    if (isWanted(index)) hits.push({ index, at: instant });
  }
  hits.sort((one, other) => other.at - one.at || other.index - one.index);
  return hits
    .slice(0, limit)
    .map((hit) => ({ row: block.row(hit.index), at: hit.at, number: block.header.first + hit.index }));
}

function cut<R>(found: Found<R>[], limit: number): void {
  found.sort((one, other) => other.at - one.at || other.number - one.number);
  if (found.length > limit) found.length = limit;
}
