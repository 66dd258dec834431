import { logMean } from './sequential.ts';

/**
 * Does an instance need more and more memory? A leak shows in no answer until the kernel ends the process, so it has to
 * be seen in what the process holds.
 *
 * What a process holds goes up and down: garbage waits to be collected, buffers come and go. Hence only the *floor* of
 * each window of time counts, the least that it held in it. If memory does not grow, the floors are as good in any
 * order, and the k-th is the highest so far with a probability of exactly 1/k, independently of those before (Rényi's
 * theorem on records, 1962), whatever their distribution. So "is it a record?" is a coin of known bias, and a
 * likelihood ratio of it against "records are the rule" is a test martingale (see `sequential.ts`): seven records in a
 * row are enough, one at the beginning is not. A leak may be quick or slow, so it is asked with windows of three
 * widths.
 *
 * Two things grow and are no leak. A process that warms up fills its heap and its caches: what it does in its first
 * half minute does not count. And what swings slowly is not as good in any order: so growth alone is never enough. It
 * must also have come to hold far more than any instance of the revision before was seen to hold in all that time,
 * which has warmed up long ago. Without the one before to compare with, nothing is said.
 */
export const GROWTH = {
  warmUpMs: 30_000,
  widthsMs: [5_000, 20_000, 60_000],
  /** Beside the factor, which is the service's: what small processes differ by anyway. */
  graceBytes: 32 * 1024 * 1024,
  /** How often an instance whose floors come in no order is called one that grows, however long one looks. */
  falseAlarms: 0.005,
} as const;

/** Shares of records under which evidence is averaged (Robbins' mixture). */
const SHARES = [0.5, 0.75, 0.95] as const;

export interface MemoryReading {
  readonly instance: string;
  readonly bytes: number;
}

/** What both revisions held at one moment; only instances that are ready. */
export interface MemoryBlock {
  readonly candidate: readonly MemoryReading[];
  readonly baseline: readonly MemoryReading[];
}

/** All that is kept of a trial; plain data. */
export interface GrowthData {
  /** The most that an instance of the revision before was seen to hold; 0: none was seen. */
  readonly usual: number;
  /** Instances of the new revision, in the order in which they came. */
  readonly series: readonly Series[];
}

interface Series {
  readonly instance: string;
  readonly since: number;
  readonly lastAt: number;
  /** Of the first whole window. */
  readonly first: number | undefined;
  /** Of the last one. */
  readonly latest: number;
  readonly scales: readonly Scale[];
}

interface Scale {
  /** Number of the window that is open, and the least in it. */
  readonly window: number;
  readonly low: number;
  /** Windows that are over, and the highest of their floors. */
  readonly count: number;
  readonly highest: number;
  readonly logs: readonly number[];
}

export interface GrowthFound {
  readonly instance: string;
  readonly fromBytes: number;
  readonly toBytes: number;
  readonly overMs: number;
  readonly usualBytes: number;
}

export const NO_GROWTH: GrowthData = { usual: 0, series: [] };

/** Takes in one look. A clock that was put back begins anew: what it says of before can't be placed. */
export function watchGrowth(data: GrowthData, block: MemoryBlock, now: number): GrowthData {
  const usual = Math.max(data.usual, ...block.baseline.map(({ bytes }) => bytes));
  const known = new Set(data.series.map(({ instance }) => instance));
  const bytesOf = new Map(block.candidate.map(({ instance, bytes }) => [instance, bytes]));
  const grown = data.series.map((series) => {
    const bytes = bytesOf.get(series.instance);
    if (bytes === undefined) return series;
    return now < series.lastAt ? beginSeries({ instance: series.instance, bytes }, now) : extend(series, bytes, now);
  });
  const fresh = block.candidate.filter(({ instance }) => !known.has(instance)).map((one) => beginSeries(one, now));
  return { usual, series: [...grown, ...fresh] };
}

/** The first instance that grows; `factor`: so many times what is usual is not far more yet. */
export function growthOf({ usual, series }: GrowthData, factor: number): GrowthFound | undefined {
  if (usual === 0) return undefined;
  const limit = factor * usual + GROWTH.graceBytes;
  // All series together are wrong no more often than one: the n-th has to bring 2^n times the evidence.
  const found = series.find(({ scales, latest }, index) => latest > limit && evidenceOf(scales) >= enoughFor(index));
  if (found === undefined) return undefined;
  const { instance, first = found.latest, latest, since, lastAt } = found;
  const overMs = lastAt - since - GROWTH.warmUpMs;
  return { instance, fromBytes: first, toBytes: latest, overMs, usualBytes: usual };
}

function enoughFor(index: number): number {
  return Math.log(GROWTH.widthsMs.length / GROWTH.falseAlarms) + (index + 1) * Math.LN2;
}

function evidenceOf(scales: readonly Scale[]): number {
  return Math.max(...scales.map(({ logs }) => logMean(logs)));
}

function beginSeries({ instance, bytes }: MemoryReading, now: number): Series {
  const scales = GROWTH.widthsMs.map(() => UNSEEN);
  return { instance, since: now, lastAt: now, first: undefined, latest: bytes, scales };
}

function extend(series: Series, bytes: number, now: number): Series {
  const passedMs = now - series.since - GROWTH.warmUpMs;
  if (passedMs < 0) return { ...series, lastAt: now };
  const scales = GROWTH.widthsMs.map((widthMs, index) =>
    look(series.scales[index] ?? UNSEEN, Math.floor(passedMs / widthMs), bytes),
  );
  const [quickest] = scales;
  const [before] = series.scales;
  const isOver = quickest !== undefined && before !== undefined && quickest.count > before.count;
  const latest = isOver ? before.low : series.latest;
  return { ...series, lastAt: now, first: series.first ?? (isOver ? latest : undefined), latest, scales };
}

const UNSEEN: Scale = { window: -1, low: 0, count: 0, highest: 0, logs: SHARES.map(() => 0) };

/** A window that nobody looked into has no floor, and is left out. */
function look(scale: Scale, window: number, bytes: number): Scale {
  if (window === scale.window) return { ...scale, low: Math.min(scale.low, bytes) };
  const closed = scale.window === -1 ? scale : close(scale);
  return { ...closed, window, low: bytes };
}

function close({ count, highest, low, logs, window }: Scale): Scale {
  const isRecord = low > highest;
  const chance = 1 / (count + 1);
  // The first is a record in any case, and says nothing.
  const ratio = (share: number) => (isRecord ? share / chance : (1 - share) / (1 - chance));
  const added = count === 0 ? logs : logs.map((log, index) => log + Math.log(ratio(SHARES[index] ?? 0.5)));
  return { window, low, count: count + 1, highest: Math.max(highest, low), logs: added };
}
