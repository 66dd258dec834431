import type { AdmissionSpec, CacheSpec, CompressSpec, FallbackSpec, Priority, SizeLimits } from './content-model.ts';

/** How callers reach the service, and what is otherwise for some of its routes and callers. */
export interface ServiceTraffic extends TrafficSpec {
  readonly overrides: readonly TrafficOverride[];
}

/**
 * What is otherwise for one caller, for one route, or for one caller on one route. Of several that concern a request,
 * the one for both comes before the one for the route, and that before the one for the caller. What an override
 * inherits, key by key, has been filled in, also where both a caller's and a route's change the same section: then
 * there is one for both.
 */
export interface TrafficOverride {
  /** Where in the `traffic` section it is written; undefined: it follows from two others. */
  readonly at: readonly (string | number)[] | undefined;
  /** A service, or `gateway` for the public; undefined: whoever calls. */
  readonly caller: string | undefined;
  /** Undefined: every request. */
  readonly route: RouteMatch | undefined;
  /** The sections that it changes: each as a whole in `policy`, where it is missing if it is off. */
  readonly changes: readonly (keyof TrafficSpec)[];
  readonly policy: Partial<TrafficSpec>;
}

export interface RouteMatch {
  /** Undefined: any. */
  readonly method: string | undefined;
  /** As the service sees it, such as `/orders/{id}` or `/files/**`. */
  readonly path: string;
}

/** The policy with an override over it. A section that is changed and missing is off. */
export function withOverride(under: TrafficSpec, over: Pick<TrafficOverride, 'changes' | 'policy'>): TrafficSpec {
  return { ...under, ...Object.fromEntries(over.changes.map((section) => [section, over.policy[section]])) };
}

/** One policy. Names: Envoy's, and Kubernetes' where it has one. */
export interface TrafficSpec {
  readonly balance: BalanceSpec;
  readonly timeout: TimeoutSpec;
  /** Undefined: nothing that an instance may have begun is sent again. */
  readonly retry: RetrySpec | undefined;
  /** Undefined: off. */
  readonly hedge: HedgeSpec | undefined;
  /** Undefined: an instance that is ready gets requests, however it answers them. */
  readonly outlier: OutlierSpec | undefined;
  /** Undefined: calls go on however many fail. */
  readonly breaker: BreakerSpec | undefined;
  readonly limits: LimitsSpec;
  /** Who is shed last; and whose turn comes first among those who wait. */
  readonly priority: Priority;
  /** Undefined: nothing is shed. */
  readonly admission: AdmissionSpec | undefined;
  /** All hold at once; none: off. */
  readonly rateLimit: readonly RateLimitSpec[];
  /** Undefined: off. */
  readonly cache: CacheSpec | undefined;
  /** Undefined: off. */
  readonly compress: CompressSpec | undefined;
  /** Undefined: callers get what there is. */
  readonly fallback: FallbackSpec | undefined;
  readonly accessLog: AccessLogSpec;
}

/** Which instance gets a request. Names: Envoy's. */
export interface BalanceSpec {
  readonly algorithm: BalanceAlgorithm;
  /** Undefined: an instance that comes gets its full part at once. */
  readonly slowStart: SlowStartSpec | undefined;
  /** With less than this of the instances not ejected, in hundredths, all are asked; 0: never. */
  readonly panicPercent: number;
  /** Undefined: off. */
  readonly sticky: StickySpec | undefined;
}

export const BALANCE_ALGORITHMS = ['least-request', 'round-robin', 'random', 'ring-hash', 'peak-ewma'] as const;

export type BalanceAlgorithm =
  /** Of so many drawn at random, the one with the fewest requests in flight. */
  | { readonly kind: 'least-request'; readonly choiceCount: number }
  | { readonly kind: 'round-robin' }
  | { readonly kind: 'random' }
  /** The same key goes to the same instance, while it has no more than `boundPercent` of the average in flight. */
  | { readonly kind: 'ring-hash'; readonly key: BalanceKey; readonly boundPercent: number }
  /** Of two drawn at random, the one where a request would wait less, by how long others have. */
  | { readonly kind: 'peak-ewma'; readonly decayMs: number; readonly defaultRttMs: number };

/** A header's name is lower case. A `pattern` has one `{name}`: the part of the path that stands there is the key. */
export type BalanceKey =
  | { readonly kind: 'client' }
  | { readonly kind: 'header' | 'cookie'; readonly name: string }
  | { readonly kind: 'path'; readonly pattern: string };

/** The part of an instance that comes, or comes back, grows in a straight line. */
export interface SlowStartSpec {
  readonly windowMs: number;
  readonly fromPercent: number;
}

/** A client's requests go to the same instance, which a cookie names. */
export interface StickySpec {
  readonly cookie: string;
  /** Undefined: until the browser is closed. */
  readonly maxAgeMs: number | undefined;
}

/** A token bucket for each client, each value of a header, or for all requests together. */
export interface RateLimitSpec {
  readonly rps: number;
  readonly burst: number;
  readonly by: RateLimitKey;
}

/** Which of the requests that went well are written to the access log. */
export interface AccessLogSpec {
  /** So many each second, beside those that are always kept. */
  readonly sample: number;
  /** From this on a request is slow, and kept. */
  readonly slowMs: number;
}

export type RateLimitKey =
  | { readonly kind: 'client' }
  /** Lower case. Whoever sends none is told by its address. */
  | { readonly kind: 'header'; readonly name: string }
  /** Of a token that was verified. Whoever sends none, or one that is not known to be good, is told by its address. */
  | { readonly kind: 'claim'; readonly name: string }
  | { readonly kind: 'route' };

/** Envoy's names: no connection; no response over one; the instance says 503. */
export const RETRY_CONDITIONS = ['connect-failure', 'reset', 'unavailable'] as const;
export type RetryCondition = (typeof RETRY_CONDITIONS)[number];

export interface RetrySpec {
  /** Tries beyond the first. */
  readonly attempts: number;
  /** Retries in percent of the caller's requests of the last seconds. */
  readonly budgetPercent: number;
  readonly on: readonly RetryCondition[];
  readonly backoff: BackoffSpec;
}

/** When a second instance is asked the same, and whoever answers first is heard. */
export interface HedgeSpec {
  /** After so long without an answer; undefined: longer than 95 of 100 answers of late. */
  readonly delayMs: number | undefined;
}

/** When an instance is ejected, and for how long. */
export interface OutlierSpec {
  /** Errors in a row: 5xx, or no response. */
  readonly consecutive5xx: number;
  /** The same, of 502, 503, 504 and no response alone. */
  readonly consecutiveGateway: number;
  /** Of its requests of the last 30 s, and twice the share of its siblings', in hundredths. */
  readonly failureRatePercent: number;
  /** Fewer requests than this, its own or its siblings', prove nothing of that share. */
  readonly minCalls: number;
  /** The n-th time in a row lasts n times as long, at most `maxMs`. */
  readonly baseMs: number;
  readonly maxMs: number;
  /** Of a service's instances, in hundredths, that may be out; one of two or three always may, and never the last. */
  readonly maxPercent: number;
}

/** When a caller's calls are refused, and for how long. Names: resilience4j's. */
export interface BreakerSpec {
  /** Of the calls of the last `windowMs`, in hundredths. */
  readonly failureRatePercent: number;
  /** Undefined: a call may take as long as it likes. */
  readonly slow: SlowCallSpec | undefined;
  readonly windowMs: number;
  readonly minCalls: number;
  /** The first time; each next one in a row is twice as long, at most `maxOpenMs`. */
  readonly openMs: number;
  readonly maxOpenMs: number;
  /** Calls that must succeed before it closes. */
  readonly halfOpen: number;
}

/**
 * A call that took longer until the head of its response is slow; so many of the window, in hundredths, open the
 * breaker.
 */
export interface SlowCallSpec {
  readonly afterMs: number;
  readonly ratePercent: number;
}

/** What each caller may have in flight. Names: Envoy's thresholds. */
export interface LimitsSpec {
  /** Requests and tunnels together. */
  readonly connections: number;
  /** Requests that wait for a place. */
  readonly pending: number;
  /** `auto`: found by watching how long answers take (adaptive concurrency). */
  readonly requests: number | 'auto';
  /** How long one waits before it is refused. */
  readonly queueMs: number;
  readonly sizes: SizeLimits;
}

/** The n-th wait is drawn between 0 and `baseMs` × 2^(n-1), but at most `maxMs`. */
export interface BackoffSpec {
  readonly baseMs: number;
  readonly maxMs: number;
}

export interface TimeoutSpec {
  readonly connectMs: number;
  /** From the end of the request to the head of the response, over all tries. */
  readonly requestMs: number;
  /** The same for one try, where another instance may be asked after it. */
  readonly perTryMs: number;
  /** Without a byte in either direction, once a body or a tunnel flows. */
  readonly idleMs: number;
}
