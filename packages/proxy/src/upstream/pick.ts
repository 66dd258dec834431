import { ruledRevision, type SplitFields, type TrafficRule, weightedRevision } from '@islet/policy';
import type { EndpointState } from './endpoint.ts';
import { type Picking, type Pool, pickGood, pickLeastBad, type Tried } from './pool.ts';
import type { ServiceState } from './service.ts';

/** Which revision a request is meant for, and whether a rule or the weights said so. */
export interface Meant {
  readonly revision: string;
  readonly rule: TrafficRule | undefined;
}

/** To be asked once for each request. Undefined: the service has no split. */
export function meantFor({ split }: ServiceState, fields: SplitFields): Meant | undefined {
  if (split === undefined) return undefined;
  const ruled = split.rules.length === 0 ? undefined : ruledRevision(split, fields);
  if (ruled !== undefined) return { revision: ruled, rule: 'rollout.rule' };
  return { revision: weightedRevision(split, split.draw.next()), rule: undefined };
}

/**
 * The endpoint for the next attempt. The first attempt goes to the revision that the request is meant for, and each
 * later one to the stable revision, so that what a canary fails is healed; where that one has nobody to ask, anybody is.
 */
export function pickEndpoint(
  service: ServiceState,
  tried: Tried,
  picking: Picking & { readonly meant: Meant | undefined },
): EndpointState | undefined {
  const { split } = service;
  const ownPool = split?.pools.get(tried.failed.length > 0 ? split.stable : (picking.meant?.revision ?? split.stable));
  return (
    goodOf(ownPool, tried, picking) ??
    goodOf(split?.pools.get(split.stable), tried, picking) ??
    pickGood(service, tried, picking) ??
    pickLeastBad(service, tried, picking)
  );
}

function goodOf(pool: Pool | undefined, tried: Tried, picking: Picking): EndpointState | undefined {
  return pool === undefined ? undefined : pickGood(pool, tried, picking);
}
