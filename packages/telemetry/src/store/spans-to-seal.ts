import type { Head } from './head.ts';
import { LIMITS } from './limits.ts';
import type { SpanRow } from './rows.ts';

/** How many of the oldest spans are to be decided of now: until its trace is over a span stays, unless too many do. */
export function spansToSeal(
  head: Head<SpanRow>,
  { all, now }: { readonly all: boolean; readonly now: number },
): number {
  const over = all ? head.sealable : head.olderThan(now - LIMITS.traceWaitMs);
  const isDue = all || over >= LIMITS.sampledRows || head.olderThan(now - LIMITS.headMs) > 0;
  const tooMany = head.rows.length > LIMITS.headRows ? head.sealable : 0;
  return Math.min(LIMITS.sampledRows, isDue ? over : tooMany);
}
