import {
  type AttemptFailure,
  type Choice,
  ruledRevision,
  type SplitFields,
  type TrafficRule,
  weightedRevision,
} from '@islet/policy';
import type { BalanceSpec } from '@islet/spec';
import type { EndpointState } from './endpoint.ts';
import type { Pool } from './pool.ts';
import { openPool, type ServiceState } from './service.ts';
import { isNobodyThere } from './warm.ts';

/** What earlier attempts of the same request have shown. */
export interface Tried {
  readonly failed: readonly EndpointState[];
  /** These refused: to ask them again is pointless. */
  readonly refused: readonly EndpointState[];
  /** These ended a kept connection, as one that is well may do: whether they live is not known. */
  readonly ended: readonly EndpointState[];
}

/** Most requests fail nowhere. */
export const NOBODY: Tried = { failed: [], refused: [], ended: [] };

/** An instance has failed the request too. */
export function withFailed({ failed, refused, ended }: Tried, by: EndpointState, why?: AttemptFailure['kind']): Tried {
  return {
    failed: [...failed, by],
    refused: why === 'refused' ? [...refused, by] : refused,
    ended: why === 'stale' ? [...ended, by] : ended,
  };
}

export interface Picking extends Choice {
  readonly balance: BalanceSpec;
  /** The request can be repeated, should the endpoint turn out to be bad. */
  readonly idempotent: boolean;
  /** Which revision the request is meant for; undefined: any. */
  readonly meant: Meant | undefined;
  /** The endpoint that its client's requests go to, where it is well. */
  readonly stuckTo: EndpointState | undefined;
}

/** Whether a rule or the weights said so. */
export interface Meant {
  readonly revision: string;
  readonly rule: TrafficRule | undefined;
}

/**
 * To be asked once for each request. Undefined: the service has no split. Where clients stay with an instance, the shares are
 * of clients: who is at home somewhere is not sent to another revision, unless a rule says so.
 */
export function meantFor(
  { split }: ServiceState,
  fields: SplitFields,
  stuckTo: EndpointState | undefined,
): Meant | undefined {
  if (split === undefined) return undefined;
  const ruled = split.rules.length === 0 ? undefined : ruledRevision(split, fields);
  if (ruled !== undefined) return { revision: ruled, rule: 'rollout.rule' };
  if (stuckTo !== undefined) return { revision: stuckTo.endpoint.revision, rule: undefined };
  return { revision: weightedRevision(split, split.draw.next()), rule: undefined };
}

/** So many are ejected that the rest could not carry the load: all are asked (Envoy's `healthy_panic_threshold`). */
export function panics({ pool }: ServiceState, { panicPercent }: BalanceSpec): boolean {
  return pool.available.length * 100 < panicPercent * pool.endpoints.length;
}

/**
 * The endpoint for the next attempt. The first attempt goes where its client's requests always go, or else to the revision
 * that the request is meant for, and each later one to the stable revision, so that what a canary fails is healed; where
 * that one has nobody to ask, anybody is whose revision has a share. Where nobody is there at all, a warm one is asked.
 */
export function pickEndpoint(service: ServiceState, tried: Tried, picking: Picking): EndpointState | undefined {
  const { warm, split } = service;
  const { meant, stuckTo } = picking;
  const pool = meant?.rule === undefined ? openPool(service) : service.pool;
  const isFirst = tried.failed.length === 0;
  if (
    stuckTo !== undefined &&
    isFirst &&
    (meant?.revision ?? stuckTo.endpoint.revision) === stuckTo.endpoint.revision
  ) {
    return stuckTo;
  }
  const isPanic = panics(service, picking.balance);
  if (split !== undefined) {
    const own = isFirst && meant !== undefined ? meant.revision : split.stable;
    const found = goodOf(split.pools.get(own), isPanic, tried, picking);
    if (found !== undefined) return found;
    const stable = own === split.stable ? undefined : goodOf(split.pools.get(split.stable), isPanic, tried, picking);
    if (stable !== undefined) return stable;
  }
  if (warm.endpoints.length > 0 && isNobodyThere(pool, tried, picking.now)) {
    const found = goodOf(warm, false, tried, picking) ?? leastBad(warm, tried, picking);
    if (found !== undefined) return found;
  }
  return goodOf(pool, isPanic, tried, picking) ?? leastBad(pool, tried, picking);
}

/** An endpoint from which an answer may be expected: one that is to be probed, or one that is well and has not failed this. */
function goodOf(pool: Pool | undefined, isPanic: boolean, { failed }: Tried, picking: Picking) {
  if (pool === undefined) return undefined;
  const { endpoints, available } = pool;
  const { now, idempotent, balance } = picking;
  if (available.length < endpoints.length && failed.length === 0) {
    const probed = endpoints.find((it) => it.avoidUntil <= now && it.standing.mayProbe(now, { idempotent }));
    if (probed !== undefined) return probed;
  }
  const members = isPanic ? endpoints : available;
  const balancer = pool.balancer(balance);
  const first = failed.length === 0 ? balancer.choose(members, picking) : undefined;
  const usual = first !== undefined && first.avoidUntil <= now ? first : undefined;
  if (usual?.isFull === false) return usual;
  const isGood = (it: EndpointState) => it.avoidUntil <= now && !it.isFull && !failed.includes(it);
  return balancer.chooseGood(members, isGood, picking) ?? usual;
}

/**
 * Where nobody is good: one that is well, though it has failed this request, as by the end of a connection that was kept
 * for too long; failing that, one that is ejected, but has not failed this request; failing that, one that has just
 * refused others; failing that, one that has at least not refused this request.
 */
function leastBad(
  { endpoints, available }: Pool,
  { failed, refused }: Tried,
  { now, dice }: Picking,
): EndpointState | undefined {
  const listens = ({ avoidUntil }: EndpointState) => avoidUntil <= now;
  const well = available.filter((endpoint) => listens(endpoint) && !refused.includes(endpoint));
  const untried = endpoints.filter((endpoint) => !failed.includes(endpoint));
  const last = endpoints.filter((endpoint) => !refused.includes(endpoint));
  const some = [well, untried.filter(listens), untried, last].find((set) => set.length > 0) ?? [];
  return some[Math.floor(dice() * some.length)];
}
