import { isDeepStrictEqual } from 'node:util';
import { EvenDraw, RateLimiter, type RoutedService, type Split } from '@islet/policy';
import type { CacheBudget } from '../cache/cache-budget.ts';
import { ServiceCache } from '../cache/service-cache.ts';
import type { EndpointState } from './endpoint.ts';
import { Pool } from './pool.ts';

/** A service as the current table has it. A new table changes it in place, so that a retry sees what is true now. */
export interface ServiceState {
  readonly name: string;
  readonly protocol: RoutedService['protocol'];
  readonly traffic: RoutedService['traffic'];
  readonly unavailable: string | undefined;
  readonly rate: RateLimiter;
  readonly cache: ServiceCache;
  /** All of its endpoints. */
  readonly pool: Pool;
  /** Undefined: requests go to all endpoints alike, whatever their revisions. */
  readonly split: SplitState | undefined;
}

export interface SplitState extends Split {
  /** By revision; one without endpoints has none. */
  readonly pools: ReadonlyMap<string, Pool>;
  readonly draw: EvenDraw;
}

/** Who may be chosen, after an instance has been ejected or has come back. */
export function refreshAvailable({ pool, split }: Pick<ServiceState, 'pool' | 'split'>): void {
  pool.refresh();
  for (const own of split?.pools.values() ?? []) own.refresh();
}

export interface NextState {
  readonly name: string;
  readonly routed: RoutedService;
  readonly endpoints: readonly EndpointState[];
  readonly before: ServiceState | undefined;
  readonly cacheBudget: CacheBudget;
}

/** A table is pushed whole, so what it says is mostly what is known: turns and rings go on where nothing has changed. */
export function nextState({ name, routed, endpoints, before, cacheBudget }: NextState): ServiceState {
  const { protocol, unavailable, split } = routed;
  const isSame = before !== undefined && isDeepStrictEqual(before.traffic, routed.traffic);
  const traffic = isSame ? before.traffic : routed.traffic;
  const state = {
    ...{ name, protocol, traffic, unavailable },
    rate: before?.rate ?? new RateLimiter(),
    cache: before?.cache ?? new ServiceCache(cacheBudget),
    pool: poolOf(endpoints, before?.pool),
    split: split && splitState(split, endpoints, before?.split),
  };
  refreshAvailable(state);
  return state;
}

function splitState(split: Split, endpoints: readonly EndpointState[], before: SplitState | undefined): SplitState {
  const byRevision = Map.groupBy(endpoints, ({ endpoint }) => endpoint.revision);
  const pools = [...byRevision].map(([revision, own]) => [revision, poolOf(own, before?.pools.get(revision))] as const);
  return { ...split, pools: new Map(pools), draw: before?.draw ?? new EvenDraw() };
}

function poolOf(endpoints: readonly EndpointState[], before: Pool | undefined): Pool {
  const isSame =
    before?.endpoints.length === endpoints.length && before.endpoints.every((it, at) => it === endpoints[at]);
  return isSame ? before : new Pool(endpoints);
}
