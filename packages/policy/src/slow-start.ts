import type { SlowStartSpec } from '@islet/spec';

/**
 * Slow start: an instance that has just come compiles, fills its caches and opens its connections, and is slowest when
 * it is given most, because nothing is in flight to it yet. So its part in the choice grows with its age, in a straight
 * line (HAProxy's `slowstart`, Envoy's `slow_start_config` with aggression 1).
 *
 * The part is a probability to be among those that are compared. A factor on its load would not do: where nothing is in
 * flight anywhere, any factor loses every comparison, and a quiet service would give the newcomer nothing for the whole
 * time.
 */
export function warmth(ageMs: number, { windowMs, fromPercent }: SlowStartSpec): number {
  if (ageMs >= windowMs) return 1;
  const from = fromPercent / 100;
  return from + (1 - from) * (Math.max(ageMs, 0) / windowMs);
}
