import type { EvenDraw, Hold, RateLimiter, RoutedService, Split } from '@islet/policy';
import type { Doorstep } from './doorstep.ts';
import type { EndpointState } from './endpoint.ts';
import type { FaultState } from './fault.ts';
import type { Pool } from './pool.ts';

/** A service as the current table has it. A new table changes it in place, so that a retry sees what is true now. */
export interface ServiceState extends Pool {
  readonly name: string;
  readonly protocol: RoutedService['protocol'];
  readonly traffic: RoutedService['traffic'];
  readonly unavailable: string | undefined;
  readonly rate: RateLimiter;
  /** Undefined: requests go to all endpoints alike, whatever their revisions. */
  readonly split: SplitState | undefined;
  /** Undefined: requests that find no instance are refused. */
  readonly hold: Hold | undefined;
  readonly door: Doorstep;
  readonly fault: FaultState | undefined;
}

export interface SplitState extends Split {
  /** By revision; one without endpoints has none. */
  readonly pools: ReadonlyMap<string, Pool>;
  readonly draw: EvenDraw;
}

/** Every pool that an endpoint of the service may be in. */
export function poolsOf(service: ServiceState): readonly Pool[] {
  return service.split === undefined ? [service] : [service, ...service.split.pools.values()];
}

export function splitState(
  split: Split,
  { endpoints, draw }: { readonly endpoints: readonly EndpointState[]; readonly draw: EvenDraw },
): SplitState {
  const pools = new Map<string, Pool>();
  for (const [revision, own] of Map.groupBy(endpoints, ({ endpoint }) => endpoint.revision)) {
    pools.set(revision, { endpoints: own, available: own });
  }
  return { ...split, pools, draw };
}
