import type { Context } from '../context.ts';
import type { Thrown } from './load.ts';

/** So many answers, after which a proxy in JavaScript has been compiled; before that one would measure its compiler. */
const WARM_REQUESTS = { full: 60_000, quick: 20_000, short: 30_000 } as const;
/** One that is slower than this will not be much quicker later. */
const LONGEST_SECONDS = { full: 20, quick: 20, short: 5 } as const;

/** Throws a load at a proxy that has just started, second by second, until it is warm. */
export async function warm(load: (seconds: number) => Promise<Thrown>, times: Context['times']): Promise<void> {
  const wanted = times(WARM_REQUESTS.full, WARM_REQUESTS.quick, WARM_REQUESTS.short);
  const longest = times(LONGEST_SECONDS.full, LONGEST_SECONDS.quick, LONGEST_SECONDS.short);
  let requests = 0;
  for (let second = 0; requests < wanted && second < longest; second += 1) requests += (await load(1)).requests;
}
