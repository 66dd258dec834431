import type { Context } from '../context.ts';
import type { Contender } from './contender.ts';
import type { Thrown } from './load.ts';

/**
 * So many answers, after which a proxy in JavaScript has been compiled; before that one would measure its compiler. On two
 * cores with other work, Islet took 46 µs for a request after five thousand, 30 after fifteen, 25 after thirty, and 22 from
 * eighty thousand on.
 */
const WARM_REQUESTS = { full: 150_000, quick: 20_000, short: 100_000 } as const;
/** One that is slower than this will not be much quicker later. */
const LONGEST_SECONDS = { full: 30, quick: 20, short: 12 } as const;

/**
 * Throws a load at a proxy that has just started, second by second, until it is warm. One that was compiled before it ran
 * is warm after the first.
 */
export async function warm(
  { compiles }: Contender,
  load: (seconds: number) => Promise<Thrown>,
  times: Context['times'],
): Promise<void> {
  const wanted = times(WARM_REQUESTS.full, WARM_REQUESTS.quick, WARM_REQUESTS.short);
  const longest = compiles ? times(LONGEST_SECONDS.full, LONGEST_SECONDS.quick, LONGEST_SECONDS.short) : 1;
  let requests = 0;
  for (let second = 0; requests < wanted && second < longest; second += 1) requests += (await load(1)).requests;
}
