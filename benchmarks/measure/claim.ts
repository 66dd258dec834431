import { median, percentile } from './statistics.ts';

/** What a benchmark says: one figure of Islet, and those of its peers from the same run. */
export interface Claim {
  /** `group.what`, as the documentation lists it. */
  readonly claim: string;
  readonly unit: Unit;
  readonly better: Direction;
  readonly islet: Figure;
  /** By name, with its version; empty: nothing that is comparable, and `method` says why. */
  readonly peers: Readonly<Record<string, Figure>>;
  /** What was done, how often, and what the figure leaves out; a sentence or two. */
  readonly method: string;
}

export type Unit =
  | 'ms'
  | 's'
  | 'restores'
  | 'commits'
  | 'places'
  | 'commits/s'
  | 'µs of CPU/commit'
  | 'requests'
  | 'MB'
  | 'KB'
  | '%'
  | '% of a core'
  | 'requests/s'
  | 'rows/s of a core'
  | 'bytes/line'
  | 'µs of CPU/request'
  | 'µs of CPU/span'
  | '% more CPU/request'
  | 'MB/million requests';

export type Direction = 'less' | 'more';

export interface Figure {
  readonly value: number;
  /** In the order in which they were taken. */
  readonly samples: readonly number[];
}

export function medianFigure(samples: readonly number[]): Figure {
  return { value: median(samples), samples };
}

export function p99Figure(samples: readonly number[]): Figure {
  return { value: percentile(samples, 99), samples };
}

/** Islet against the best of its peers: 2 is twice as good, 0.5 half as good, whatever the unit; null: no peer. */
export function ratioOf({ better, islet, peers }: Pick<Claim, 'better' | 'islet' | 'peers'>): number | null {
  const values = Object.values(peers).map(({ value }) => value);
  if (values.length === 0) return null;
  const ratio = better === 'less' ? Math.min(...values) / islet.value : islet.value / Math.max(...values);
  return Number.isFinite(ratio) ? ratio : null;
}
