import { isDeepStrictEqual } from 'node:util';
import { EvenDraw, type Hold, type Mirror, type RoutedService, type Split, type Throttle } from '@islet/policy';
import type { CacheBudget } from '../cache/cache-budget.ts';
import { ServiceCache } from '../cache/service-cache.ts';
import type { ServiceShare, States } from '../shared/states.ts';
import { Doorstep } from './doorstep.ts';
import type { EndpointState } from './endpoint.ts';
import type { FaultState } from './fault.ts';
import { Policies } from './policies.ts';
import { Pool } from './pool.ts';
import { Rates } from './rates.ts';

/** A service as the current table has it. A new table changes it in place, so that a retry sees what is true now. */
export interface ServiceState {
  readonly name: string;
  readonly protocol: RoutedService['protocol'];
  readonly traffic: RoutedService['traffic'];
  /** Where the files write that. */
  readonly lines: RoutedService['lines'];
  readonly unavailable: string | undefined;
  readonly policies: Policies;
  readonly rates: Rates;
  /** What holds for all threads. */
  readonly share: ServiceShare;
  /** What all callers together have been refused. */
  readonly throttle: Throttle;
  readonly cache: ServiceCache;
  /** All of its endpoints. */
  readonly pool: Pool;
  /** Instances that are asked only where none of those is there. */
  readonly warm: Pool;
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
  /**
   * Those that any request may be sent to, should nobody else be there. Not the instances of a revision whose share is nothing:
   * people were told that only who asks for it gets it, and it may wait for somebody to look at it.
   */
  readonly open: Pool;
  readonly draw: EvenDraw;
  readonly mirror: MirrorState | undefined;
}

export interface MirrorState extends Mirror {
  readonly draw: EvenDraw;
  inFlight: number;
}

/** Those that a request may be sent to that asks for no revision. */
export function openPool({ pool, split }: Pick<ServiceState, 'pool' | 'split'>): Pool {
  return split?.open ?? pool;
}

/** Who may be chosen, after an instance has been ejected or has come back. */
export function refreshAvailable({ pool, warm, split }: Pick<ServiceState, 'pool' | 'warm' | 'split'>): void {
  pool.refresh();
  warm.refresh();
  split?.open.refresh();
  for (const own of split?.pools.values() ?? []) own.refresh();
}

/** What an instance speaks is its revision's to say: while one takes over from another, both can be there. */
export function speaksHttp2({ protocol }: Pick<ServiceState, 'protocol'>, { endpoint }: EndpointState): boolean {
  return protocol === 'grpc' || endpoint.http2 === true;
}

/** Those that an instance is judged beside. */
export function peersOf({ pool, warm }: ServiceState, endpoint: EndpointState): readonly EndpointState[] {
  return warm.endpoints.includes(endpoint) ? warm.endpoints : pool.endpoints;
}

export interface NextState {
  readonly name: string;
  readonly routed: RoutedService;
  readonly endpoints: readonly EndpointState[];
  readonly warm: readonly EndpointState[];
  readonly before: ServiceState | undefined;
  readonly clocks: Clocks;
  readonly cacheBudget: CacheBudget;
  readonly states: States;
  /** Somebody waits for its first instance. */
  readonly onWanted: () => void;
}

/** One instant, on the data plane's clock and in milliseconds since the epoch. */
export interface Clocks {
  readonly now: number;
  readonly epoch: number;
}

/** A table is pushed whole, so what it says is mostly what is known: turns and rings go on where nothing has changed. */
export function nextState(next: NextState): ServiceState {
  const { name, routed, endpoints, warm, before, clocks, cacheBudget, states, onWanted } = next;
  const { protocol, lines, unavailable, split, hold, fault } = routed;
  const isSame = before !== undefined && isDeepStrictEqual(before.traffic, routed.traffic);
  const traffic = isSame ? before.traffic : routed.traffic;
  const share = before?.share ?? states.service(name);
  const state = {
    name,
    protocol,
    traffic,
    lines,
    unavailable,
    hold,
    share,
    throttle: share.throttle,
    door: before?.door ?? new Doorstep(onWanted, share.atDoor),
    fault: fault && { ...fault, until: fault.until - clocks.epoch + clocks.now },
    policies: isSame ? before.policies : new Policies(traffic),
    rates: isSame ? before.rates : (before?.rates.keepShared() ?? new Rates(name, states)),
    cache: before?.cache ?? new ServiceCache(cacheBudget, (target) => share.changed(target)),
    pool: poolOf(endpoints, before?.pool),
    warm: poolOf(warm, before?.warm),
    split: split && splitState(split, endpoints, before?.split),
  };
  if (!state.policies.judgesInstances) for (const { standing } of [...endpoints, ...warm]) standing.clear();
  refreshAvailable(state);
  return state;
}

function splitState(split: Split, endpoints: readonly EndpointState[], before: SplitState | undefined): SplitState {
  const byRevision = Map.groupBy(endpoints, ({ endpoint }) => endpoint.revision);
  const pools = [...byRevision].map(([revision, own]) => [revision, poolOf(own, before?.pools.get(revision))] as const);
  const { stable, weights, mirror } = split;
  const isOpen = ({ endpoint: { revision } }: EndpointState) => revision === stable || weights[revision] !== 0;
  return {
    ...split,
    pools: new Map(pools),
    open: poolOf(endpoints.filter(isOpen), before?.open),
    draw: before?.draw ?? new EvenDraw(),
    mirror: mirror && mirrorState(mirror, before?.mirror),
  };
}

/** Copies on their way count where they were begun, so a new table changes what they count in. */
function mirrorState(mirror: Mirror, before: MirrorState | undefined): MirrorState {
  return before === undefined ? { ...mirror, draw: new EvenDraw(), inFlight: 0 } : Object.assign(before, mirror);
}

function poolOf(endpoints: readonly EndpointState[], before: Pool | undefined): Pool {
  const isSame =
    before?.endpoints.length === endpoints.length && before.endpoints.every((it, at) => it === endpoints[at]);
  return isSame ? before : new Pool(endpoints);
}
