import { leastOfTwo, type RoutedService } from '@islet/policy';
import type { EndpointState } from './endpoint.ts';

/** A service as the current table has it. A new table changes it in place, so that a retry sees what is true now. */
export interface ServiceState {
  readonly name: string;
  readonly protocol: RoutedService['protocol'];
  readonly traffic: RoutedService['traffic'];
  readonly unavailable: string | undefined;
  readonly endpoints: readonly EndpointState[];
  /** Those that are not ejected. */
  available: readonly EndpointState[];
}

/** What earlier attempts of the same request have shown. */
export interface Tried {
  readonly failed: readonly EndpointState[];
  /** These refused: to ask them again is pointless. */
  readonly refused: readonly EndpointState[];
}

export const NOTHING_TRIED: Tried = { failed: [], refused: [] };

/**
 * The endpoint for the next attempt: one that is ejected and may be probed; else any that is not ejected, has not failed
 * this request and didn't refuse a moment ago; failing that, one that has not failed this request; failing that, one that
 * has at least not refused it.
 */
export function pickEndpoint(
  { endpoints, available }: ServiceState,
  { failed, refused }: Tried,
  { now, dice, idempotent }: Picking,
): EndpointState | undefined {
  if (available.length < endpoints.length && failed.length === 0) {
    const probed = endpoints.find((it) => it.avoidUntil <= now && it.standing.mayProbe(now, { idempotent }));
    if (probed !== undefined) return probed;
  }
  const first = leastOfTwo(available, dice);
  if (first !== undefined && failed.length === 0 && first.avoidUntil <= now) return first;
  const untried = endpoints.filter((endpoint) => !failed.includes(endpoint));
  const good = untried.filter((endpoint) => endpoint.avoidUntil <= now);
  const best = good.filter((endpoint) => !endpoint.standing.isOut);
  const last = endpoints.filter((endpoint) => !refused.includes(endpoint));
  return leastOfTwo([best, good, untried, last].find((set) => set.length > 0) ?? [], dice);
}

export interface Picking {
  readonly now: number;
  readonly dice: () => number;
  /** The request can be repeated, should the endpoint turn out to be bad. */
  readonly idempotent: boolean;
}
