/**
 * What a service answered well and badly, over 30 days, in a few thousand points.
 *
 * Buckets that are added up have to be merged as they grow old, and every merge is a chance to count wrongly. A counter
 * that only grows needs none of that: what happened in any stretch is the difference of two points, so thinning the old
 * ones out loses places to look from and never a count. A stretch begins at the last point at or before its beginning:
 * it is longer than asked for by at most the distance of two points, which is small against every stretch that is asked
 * for.
 */
export interface OutcomePoint {
  readonly at: number;
  /** Since the first point. */
  readonly good: number;
  readonly bad: number;
}

/** By time. The first is where the counting began, or as far back as it is kept. */
export type OutcomeSeries = readonly OutcomePoint[];

export interface Outcomes {
  readonly good: number;
  readonly bad: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** What an objective is about. */
export const SLO_WINDOW_MS = 30 * DAY_MS;

/** Points are so far apart once they are so old. */
const DISTANCES = [
  { olderThanMs: 10 * MINUTE_MS, apartMs: MINUTE_MS },
  { olderThanMs: 7 * HOUR_MS, apartMs: 10 * MINUTE_MS },
  { olderThanMs: 4 * DAY_MS, apartMs: HOUR_MS },
] as const;

/** Adds what happened since the last point. A clock that was put back stands still here until it has caught up. */
export function addOutcomes(series: OutcomeSeries, { good, bad }: Outcomes, now: number): OutcomeSeries {
  const last = series.at(-1);
  if (last === undefined) return [{ at: now, good, bad }];
  const point = { at: Math.max(now, last.at), good: last.good + good, bad: last.bad + bad };
  return last.at === point.at && series.length > 1 ? [...series.slice(0, -1), point] : [...series, point];
}

/** What happened in the last `windowMs`, as far as is known. */
export function outcomesIn(series: OutcomeSeries, windowMs: number, now: number): Outcomes {
  const last = series.at(-1);
  const from = series[lastAtOrBefore(series, now - windowMs)];
  if (last === undefined || from === undefined) return { good: 0, bad: 0 };
  return { good: last.good - from.good, bad: last.bad - from.bad };
}

/** The first point where none is as old. */
function lastAtOrBefore(series: OutcomeSeries, at: number): number {
  let [low, high] = [0, series.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((series[middle]?.at ?? 0) <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Of old points, the first of each stretch is enough; one older than the window stays to begin from. */
export function thinned(series: OutcomeSeries, now: number): OutcomeSeries {
  const begin = lastAtOrBefore(series, now - SLO_WINDOW_MS);
  let slot = '';
  return series.slice(begin).filter(({ at }, index, all) => {
    const distance = DISTANCES.findLast(({ olderThanMs }) => now - at > olderThanMs);
    if (distance === undefined || index === 0 || index === all.length - 1) return true;
    const own = `${distance.apartMs} ${Math.floor(at / distance.apartMs)}`;
    const isFirst = own !== slot;
    slot = own;
    return isFirst;
  });
}
