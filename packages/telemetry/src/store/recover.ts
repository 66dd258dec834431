import type { BlockHeader } from './block.ts';
import { readBlock } from './read-block.ts';
import type { Schema, Signal } from './schema.ts';
import type { Commit } from './wal.ts';

export interface Recovered<R> {
  readonly signal: Signal;
  /** Whose head they were in. */
  readonly service: string;
  readonly rows: R[];
  /** The number after the last one that was ever given. */
  end: number;
}

export interface Recovery<R> {
  readonly heads: readonly Recovered<R>[];
  /** What was committed last beside the rows; undefined: nothing ever was. */
  readonly state: unknown;
  readonly damaged: readonly BlockHeader[];
}

export interface KnownBefore<R> {
  readonly schemaOf: (signal: Signal) => Schema<R>;
  /** Whether the row of this number is in a segment, or was left. */
  readonly isSealed: (signal: Signal, row: R, number: number) => boolean;
}

/** What the log of what came still says, without what is in segments already. */
export function recover<R>(commits: Iterable<Commit>, { schemaOf, isSealed }: KnownBefore<R>): Recovery<R> {
  let last: unknown;
  let found = new Map<string, Recovered<R>>();
  let damaged: BlockHeader[] = [];
  for (const { blocks, state, restart } of commits) {
    last = state ?? last;
    if (restart) [found, damaged] = [new Map(), []];
    for (const { header, rowsOf } of blocks.map(readBlock)) {
      const { signal, service, first } = header;
      const key = `${service}/${signal}`;
      const known = found.get(key) ?? { signal, service, rows: [], end: 0 };
      found.set(key, known);
      known.end = Math.max(known.end, header.last + 1);
      const rows = rowsOf(schemaOf(signal));
      if (rows === undefined) damaged.push(header);
      for (const [index, row] of (rows ?? []).entries()) {
        if (!isSealed(signal, row, first + index)) known.rows.push(row);
      }
    }
  }
  return { heads: [...found.values()], state: last, damaged };
}
