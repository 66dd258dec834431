import { encodeBlock } from './block.ts';
import type { Encoded, Numbered } from './head.ts';
import { LIMITS } from './limits.ts';
import { encodeRows } from './log-rows.ts';
import type { Schema, Signal } from './schema.ts';

/** A block of the log; `isFinal`: a segment may have it as it is. */
export interface LogBlock extends Encoded {
  readonly isFinal: boolean;
}

/**
 * What came of one signal since the log was last written, as blocks. Few rows are written as they are (see `log-rows.ts`):
 * they wait in memory for more, and are then encoded again. Where one second brings enough of them for a block of a segment, that would be all of
 * the work done twice, just when there is most of it; so they are encoded as a segment has them, and later copied.
 *
 * Spans are never final: which of them stay is decided by whole traces, and by the shelves of many services.
 */
export function blocksForLog<R>(
  {
    signal,
    service,
    rows: { rows, first },
  }: { readonly signal: Signal; readonly service: string; readonly rows: Numbered<R> },
  schema: Schema<R>,
): readonly LogBlock[] {
  const isFinal = signal !== 'spans' && rows.length >= LIMITS.fewestBlockRows;
  const count = isFinal ? Math.ceil(rows.length / LIMITS.blockRows) : 1;
  const each = Math.ceil(rows.length / count);
  return Array.from({ length: count }, (_, index) => {
    const part = rows.slice(index * each, (index + 1) * each);
    const numbers = { first: first + index * each, last: first + index * each + part.length - 1 };
    const encode = isFinal ? encodeBlock : encodeRows;
    const bytes = encode({ signal, service, rows: part, ...numbers }, schema);
    return { ...numbers, bytes, isFinal };
  });
}
