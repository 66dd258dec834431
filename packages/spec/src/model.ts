/**
 * What a system's files mean, after parsing: frozen values with every default filled in. Nothing downstream checks again.
 *
 * Durations are milliseconds (`…Ms`), sizes are bytes (`…Bytes`), CPU is in cores. Paths are POSIX and relative to the
 * folder of the file that names them (in an overlay: to the service's folder), unless a comment says otherwise.
 */

export const LANGUAGES = ['TypeScript', 'JavaScript', 'Python', 'Go', 'Java', 'Rust', 'Shell', 'other'] as const;
export type Language = (typeof LANGUAGES)[number];

export const PROTOCOLS = ['http', 'grpc', 'tcp'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** A place in a file, as an editor shows it: line and column start at 1. `file` is relative to the system's folder. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Where an effective value comes from: the line that says it, or the named default. */
export type Origin =
  | { readonly kind: 'file'; readonly place: Place }
  | { readonly kind: 'default'; readonly name: string; readonly source?: string }
  | { readonly kind: 'derived'; readonly from: string };

export interface SystemSpec {
  readonly name: string;
  /** The overlay in force, if any. */
  readonly environment: string | undefined;
  readonly gateway: GatewaySpec;
  /** Sorted by name. */
  readonly services: readonly ServiceSpec[];
  /** Service names so that each stands after all that it uses, except across `cuts`. */
  readonly startOrder: readonly string[];
  /** Edges of `uses` that were left out of the start order because they close a cycle. Calls over them still work. */
  readonly cuts: readonly CutEdge[];
}

export interface CutEdge {
  readonly from: string;
  readonly to: string;
  /** The whole cycle, for the message: `['a', 'b', 'a']`. */
  readonly cycle: readonly string[];
}

export interface GatewaySpec {
  readonly host: string;
  readonly port: number;
}

export interface ServiceSpec {
  readonly name: string;
  /** The service's folder, relative to the system's folder; `.` is the system's folder itself. */
  readonly folder: string;
  /** Its `service.yaml`, relative to the system's folder. */
  readonly file: string;
  readonly language: Language;
  readonly run: RunSpec;
  readonly api: ApiSpec;
  readonly uses: readonly string[];
  readonly database: DatabaseSpec | undefined;
  readonly health: HealthSpec;
  readonly scale: ScaleSpec;
  readonly rollout: RolloutSpec;
  readonly traffic: TrafficSpec;
  readonly security: SecuritySpec;
  readonly test: TestSpec;
  /** Origin of every effective value, by path (`scale.min`, `run.env.LOG_LEVEL`). */
  readonly origins: ReadonlyMap<string, Origin>;
}

export interface RunSpec {
  /** A shell command; `${…}` references are already split out. */
  readonly command: Template;
  readonly build: string | undefined;
  /** Folders and files that a revision is made of, relative to the service's folder. */
  readonly inputs: readonly string[];
  readonly env: Readonly<Record<string, EnvValue>>;
  readonly resources: ResourceSpec;
  /** How long an instance may take to end after SIGTERM before SIGKILL. */
  readonly stopGraceMs: number;
  /** How long requests in flight may take after an instance has left the proxy. */
  readonly drainMs: number;
}

export interface ResourceSpec {
  /** Cores; undefined: unlimited. */
  readonly cpu: number | undefined;
  readonly memoryBytes: number | undefined;
}

export type EnvValue =
  | { readonly kind: 'template'; readonly template: Template }
  | { readonly kind: 'secret'; readonly secret: string };

/** Literal text and references in their order: `postgres at ${database.host}` is `['postgres at ', {…}]`. */
export type Template = readonly (string | Reference)[];

export type Reference =
  | { readonly kind: 'own'; readonly name: 'port' | 'host' | 'instance' | 'revision' | 'service' }
  | { readonly kind: 'database'; readonly part: 'url' | 'host' | 'port' | 'user' | 'password' | 'name' | 'path' }
  | { readonly kind: 'uses'; readonly service: string; readonly part: 'url' | 'address' | 'host' | 'port' };

export interface ApiSpec {
  readonly protocol: Protocol;
  readonly contract: string | undefined;
  /** Public routes on the gateway; empty: internal only. */
  readonly expose: readonly ExposeSpec[];
  /** A fixed port of the machine, which allows one instance only and no overlap between revisions. */
  readonly port: number | undefined;
}

export interface ExposeSpec {
  /** Lower case; undefined: any host. */
  readonly host: string | undefined;
  /** Begins with `/`; matches itself and everything below it. */
  readonly path: string;
  /** Cut `path` off before the service sees the request. */
  readonly strip: boolean;
}

export type DatabaseSpec =
  | { readonly engine: 'postgres'; readonly migrations: string | undefined }
  | { readonly engine: 'sqlite'; readonly migrations: string | undefined }
  /** An outside server, by a URL kept as a secret. */
  | { readonly engine: 'external'; readonly url: { readonly secret: string }; readonly migrations: string | undefined };

export type ProbeTarget =
  | { readonly kind: 'http'; readonly path: string }
  | { readonly kind: 'tcp' }
  | { readonly kind: 'grpc'; readonly service: string }
  | { readonly kind: 'exec'; readonly command: string };

export interface ProbeSpec {
  readonly target: ProbeTarget;
  readonly periodMs: number;
  readonly timeoutMs: number;
  /** Failures in a row that turn it; successes in a row that turn it back. */
  readonly fall: number;
  readonly rise: number;
}

export interface StartupProbeSpec {
  readonly target: ProbeTarget;
  /** Every `fastPeriodMs` for the first `fastForMs`, then every `periodMs`; the first success is ready. */
  readonly fastPeriodMs: number;
  readonly fastForMs: number;
  readonly periodMs: number;
  readonly timeoutMs: number;
  readonly deadlineMs: number;
}

export interface HealthSpec {
  readonly startup: StartupProbeSpec;
  readonly ready: ProbeSpec;
  /** Undefined: death is learnt from the kernel only. */
  readonly live: ProbeSpec | undefined;
}

export interface ScaleSpec {
  readonly min: number;
  readonly max: number;
}

/** Names and values: Kubernetes Deployment `RollingUpdate`, Nomad `update`. */
export interface RolloutSpec {
  readonly strategy: 'rolling' | 'recreate';
  readonly maxSurge: number;
  readonly maxUnavailable: number;
  /** A new instance must have been ready for this long before an old one is drained for it. */
  readonly minHealthyMs: number;
  /** A revision with no ready instance after this long has failed. */
  readonly healthyDeadlineMs: number;
}

/** How callers reach the service. Names: Envoy's, and Kubernetes' where it has one. */
export interface TrafficSpec {
  readonly timeout: TimeoutSpec;
  /** Undefined: nothing that an instance may have begun is sent again. */
  readonly retry: RetrySpec | undefined;
  /** Undefined: an instance that is ready gets requests, however it answers them. */
  readonly outlier: OutlierSpec | undefined;
  /** Undefined: calls go on however many fail. */
  readonly breaker: BreakerSpec | undefined;
  readonly limits: LimitsSpec;
  /** Undefined: off. */
  readonly rateLimit: RateLimitSpec | undefined;
  readonly accessLog: AccessLogSpec;
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

/** When an instance is ejected, and for how long. */
export interface OutlierSpec {
  /** Errors in a row: 5xx, or no response. */
  readonly consecutive5xx: number;
  /** The same, of 502, 503, 504 and no response alone. */
  readonly consecutiveGateway: number;
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
  readonly windowMs: number;
  readonly minCalls: number;
  /** The first time; each next one in a row is twice as long, at most `maxOpenMs`. */
  readonly openMs: number;
  readonly maxOpenMs: number;
  /** Calls that must succeed before it closes. */
  readonly halfOpen: number;
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

export interface SecuritySpec {
  /** Callers that may reach this service over an edge; undefined: all that declare `uses`. */
  readonly allow: readonly string[] | undefined;
}

export interface TestSpec {
  readonly unit: string | undefined;
  readonly smoke: string | undefined;
}
