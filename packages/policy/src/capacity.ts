import { erlangC, meanWaitMs, responseQuantileMs, type Station } from './erlang.ts';

/**
 * How many instances a rate needs, and how long requests will then take, from what was measured of the service itself.
 *
 * Latency alone does not say it: most of it may be waiting for others, which costs the service nothing. So a request is
 * cut into two parts. The part that needs a *core* is the processor time used, divided by the requests (the utilization
 * law); for it requests wait in line, as in M/M/c with the cores of all instances. The *rest* does not depend on how
 * many others are there, and is what was measured less what the queue explains; it is carried over as it is, of the
 * mean and of the p95 alike. Where the limit is no core but a pool (connections, threads), a person declares how many
 * requests one instance serves at once, and the service time is the one that explains the mean that was measured.
 *
 * One line for all instances is the best case: the proxy chooses the least loaded, which comes near to it. What the
 * model can't know is what begins to hurt only at the other rate: a database that is full, a lock. How far off it is,
 * is therefore measured (`errorOf`) and told with each forecast.
 */
export interface Observed {
  readonly requests: number;
  readonly rps: number;
  readonly meanMs: number;
  readonly p95Ms: number;
  /** That were there all the time. */
  readonly instances: number;
}

/** What requests of one instance queue for. */
export type Parallelism =
  /** `cores`: that one instance may use, also a part of one. `usedCores`: by all instances, on the mean. */
  | { readonly kind: 'cores'; readonly cores: number; readonly usedCores: number }
  | { readonly kind: 'declared'; readonly requests: number };

export interface CapacityModel {
  /** Of one instance. */
  readonly station: Station;
  /** Milliseconds of a request that do not depend on the load. */
  readonly restMeanMs: number;
  readonly restP95Ms: number;
}

export type Fit =
  | { readonly kind: 'fitted'; readonly model: CapacityModel }
  | { readonly kind: 'refused'; readonly why: Unfit };

/**
 * `few`: too few requests. `unmeasured`: they used no processor time that could be seen. `saturated`: nothing was left.
 */
export type Unfit = 'few' | 'unmeasured' | 'saturated';

/** Of fewer a p95 is two or three requests. */
export const CAPACITY_REQUESTS = 50;

const P95 = 0.95;

export function fitCapacity(observed: Observed, parallelism: Parallelism): Fit {
  if (observed.requests < CAPACITY_REQUESTS) return { kind: 'refused', why: 'few' };
  const station = stationOf(observed, parallelism);
  if (station === undefined) return { kind: 'refused', why: 'unmeasured' };
  const queue = queueOf(station, observed);
  if (queue === undefined) return { kind: 'refused', why: 'saturated' };
  const rest = (measured: number, explained: number) => Math.max(0, measured - explained);
  return {
    kind: 'fitted',
    model: {
      station,
      restMeanMs: rest(observed.meanMs, queue.meanMs),
      restP95Ms: rest(observed.p95Ms, queue.p95Ms),
    },
  };
}

export interface Forecast {
  /** Of the servers, 0 to 1. */
  readonly utilization: number;
  /** The probability of having to wait. */
  readonly waits: number;
  readonly waitMs: number;
  readonly meanMs: number;
  readonly p95Ms: number;
  /** Little's law: requests in the service at once, on the mean. */
  readonly inFlight: number;
}

export interface Asked {
  readonly rps: number;
  readonly instances: number;
}

/** Undefined: so many instances can't carry it. */
export function forecast({ station, restMeanMs, restP95Ms }: CapacityModel, asked: Asked): Forecast | undefined {
  const queue = queueOf(station, asked);
  if (queue === undefined) return undefined;
  const meanMs = queue.meanMs + restMeanMs;
  return {
    utilization: queue.utilization,
    waits: queue.waits,
    waitMs: queue.waitMs,
    meanMs,
    p95Ms: queue.p95Ms + restP95Ms,
    inFlight: (asked.rps / 1000) * meanMs,
  };
}

/** The least that keeps their servers in use for at most this share of the time, which is above 0 and below 1. */
export function instancesFor({ station }: CapacityModel, rps: number, utilization: number): number {
  const busy = (rps / 1000) * station.serviceMs;
  // 3.0000000000000004 is 3.
  return Math.max(1, Math.ceil(busy / (station.servers * utilization) - 1e-9));
}

/** How far a forecast was off, as a share of what came: 0.1 is a tenth too much, -0.1 a tenth too little. */
export interface ForecastError {
  readonly mean: number;
  readonly p95: number;
}

/**
 * Of a model that has not seen it: fitted to one time, asked about another. Undefined: it would not have carried it.
 */
export function errorOf(model: CapacityModel, came: Observed): ForecastError | undefined {
  const told = forecast(model, came);
  if (told === undefined || came.meanMs <= 0 || came.p95Ms <= 0) return undefined;
  return { mean: told.meanMs / came.meanMs - 1, p95: told.p95Ms / came.p95Ms - 1 };
}

function stationOf(observed: Observed, parallelism: Parallelism): Station | undefined {
  if (parallelism.kind === 'declared') return explaining(observed, parallelism.requests);
  const { cores, usedCores } = parallelism;
  if (usedCores <= 0 || observed.rps <= 0) return undefined;
  // Half a core is a core that takes twice as long; two and a half are two that are a little quicker.
  const servers = Math.max(1, Math.floor(cores));
  return { servers, serviceMs: ((usedCores / observed.rps) * 1000 * servers) / cores };
}

/**
 * The service time whose mean, with its wait, is the one that was measured. It is found by halving, for it grows with
 * it.
 */
function explaining(observed: Observed, servers: number): Station {
  let [least, most] = [0, observed.meanMs];
  for (let step = 0; step < 50; step++) {
    const serviceMs = (least + most) / 2;
    const mean = queueOf({ servers, serviceMs }, observed)?.meanMs ?? Number.POSITIVE_INFINITY;
    if (mean > observed.meanMs) most = serviceMs;
    else least = serviceMs;
  }
  return { servers, serviceMs: least };
}

/** The station of each instance, all with one line. */
function queueOf(station: Station, { rps, instances }: Asked) {
  const all = { servers: station.servers * instances, serviceMs: station.serviceMs };
  const waitMs = meanWaitMs(all, rps);
  const p95Ms = responseQuantileMs(all, rps, P95);
  if (waitMs === undefined || p95Ms === undefined) return undefined;
  const erlangs = (rps / 1000) * all.serviceMs;
  return {
    utilization: erlangs / all.servers,
    waits: erlangC(all.servers, erlangs),
    waitMs,
    meanMs: waitMs + all.serviceMs,
    p95Ms,
  };
}
