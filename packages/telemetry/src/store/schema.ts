import type { Codec } from './codecs.ts';

export const SIGNALS = ['logs', 'spans', 'traces', 'metrics-10s', 'metrics-1m', 'metrics-1h'] as const;
export type Signal = (typeof SIGNALS)[number];

type Value = string | number;

export interface Column<R> {
  readonly name: string;
  readonly codec: Codec<string> | Codec<number>;
  readonly of: (row: R) => Value;
}

/** How rows of one kind are laid out in columns. */
export interface Schema<R> {
  readonly columns: readonly Column<R>[];
  /** Milliseconds since the epoch. */
  readonly at: (row: R) => number;
  /** How many of the units of the column `at` make a millisecond. */
  readonly atUnit: number;
  /** By which rows are looked up; undefined: they never are. */
  readonly trace: ((row: R) => string) | undefined;
  /** How remarkable a row is, from 0 to 255; whoever wants only remarkable ones passes over whole blocks. */
  readonly rank: (row: R) => number;
  /** About how many bytes it takes in memory. */
  readonly size: (row: R) => number;
  readonly build: (value: Values) => R;
}

/** The values of one row of a block, by the names of columns. */
export interface Values {
  text(column: string): string;
  number(column: string): number;
}
