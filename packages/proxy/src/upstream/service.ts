import { leastOfTwo, type RoutedService } from '@islet/policy';
import type { EndpointState } from './endpoint.ts';

/** A service as the current table has it. A new table changes it in place, so that a retry sees what is true now. */
export interface ServiceState {
  readonly name: string;
  readonly protocol: RoutedService['protocol'];
  readonly traffic: RoutedService['traffic'];
  readonly unavailable: string | undefined;
  readonly endpoints: readonly EndpointState[];
}

/** What earlier attempts of the same request have shown. */
export interface Tried {
  readonly failed: readonly EndpointState[];
  /** These refused: to ask them again is pointless. */
  readonly refused: readonly EndpointState[];
}

export const NOTHING_TRIED: Tried = { failed: [], refused: [] };

/**
 * The endpoint for the next attempt: any that has not failed this request and didn't refuse a moment ago; failing that,
 * one that has not failed this request; failing that, one that has at least not refused it.
 */
export function pickEndpoint(
  { endpoints }: ServiceState,
  { failed, refused }: Tried,
  { now, dice }: { readonly now: number; readonly dice: () => number },
): EndpointState | undefined {
  const first = leastOfTwo(endpoints, dice);
  if (first === undefined || (failed.length === 0 && first.avoidUntil <= now)) return first;
  const untried = endpoints.filter((endpoint) => !failed.includes(endpoint));
  const good = untried.filter((endpoint) => endpoint.avoidUntil <= now);
  const last = endpoints.filter((endpoint) => !refused.includes(endpoint));
  return leastOfTwo([good, untried, last].find((set) => set.length > 0) ?? [], dice);
}
