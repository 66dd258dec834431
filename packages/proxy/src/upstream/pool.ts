import { leastOfTwo } from '@islet/policy';
import type { EndpointState } from './endpoint.ts';

/** Instances that requests are balanced among: all of a service, or those of one revision. */
export interface Pool {
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

export interface Picking {
  readonly now: number;
  readonly dice: () => number;
  /** The request can be repeated, should the endpoint turn out to be bad. */
  readonly idempotent: boolean;
}

/** An endpoint from which an answer may be expected. */
export function pickGood(pool: Pool, tried: Tried, picking: Picking): EndpointState | undefined {
  const { endpoints, available } = pool;
  const { now, dice, idempotent } = picking;
  const { failed } = tried;
  if (available.length < endpoints.length && failed.length === 0) {
    const probed = endpoints.find((it) => it.avoidUntil <= now && it.standing.mayProbe(now, { idempotent }));
    if (probed !== undefined) return probed;
  }
  const first = leastOfTwo(available, dice);
  if (first !== undefined && failed.length === 0 && first.avoidUntil <= now) return first;
  const good = available.filter((endpoint) => endpoint.avoidUntil <= now && !failed.includes(endpoint));
  return leastOfTwo(good, dice);
}

/**
 * Where nobody is good: one that is ejected, but has not failed this request; failing that, one that has just refused
 * others; failing that, one that has at least not refused this request.
 */
export function pickLeastBad(pool: Pool, { failed, refused }: Tried, { now, dice }: Picking) {
  const untried = pool.endpoints.filter((endpoint) => !failed.includes(endpoint));
  const listening = untried.filter((endpoint) => endpoint.avoidUntil <= now);
  const last = pool.endpoints.filter((endpoint) => !refused.includes(endpoint));
  return leastOfTwo([listening, untried, last].find((set) => set.length > 0) ?? [], dice);
}
