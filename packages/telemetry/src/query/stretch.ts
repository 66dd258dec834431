import { ApiError } from '@islet/client';

const HOUR_MS = 60 * 60 * 1000;

export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Without `from` the hour before its end, without `to` up to now; `before` is where the page before ended. */
export function stretchOf(
  asked: {
    readonly from?: number | string | undefined;
    readonly to?: number | string | undefined;
    readonly before?: number | string | undefined;
  },
  now: number,
): Stretch {
  const end = Number(asked.to ?? now);
  // Pages don't overlap: instants are whole microseconds.
  const to = asked.before === undefined ? end : Math.min(end, Number(asked.before) - 0.001);
  const from = Number(asked.from ?? end - HOUR_MS);
  if (from > end)
    throw new ApiError('bad-request', 'from is later than to', { hint: 'both are milliseconds since 1970' });
  return { from, to };
}
