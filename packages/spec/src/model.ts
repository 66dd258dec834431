/**
 * What a system's files mean, after parsing: frozen values with every default filled in. Nothing downstream checks
 * again.
 *
 * Durations are milliseconds (`…Ms`), sizes are bytes (`…Bytes`), CPU is in cores. Paths are POSIX and relative to the
 * folder of the file that names them (in an overlay: to the service's folder), unless a comment says otherwise.
 */

import type { AlertsSpec } from './alerts-model.ts';
import type { BackupSpec, DrillSpec } from './backup-model.ts';
import type { DatabaseSpec } from './database-model.ts';
import type { RolloutSpec } from './rollout-model.ts';
import type { ScaleSpec } from './scale-model.ts';
import type { SystemTelemetrySpec, TelemetrySpec } from './telemetry-model.ts';
import type { ServiceTraffic } from './traffic-model.ts';
import type { VolumesSpec } from './volumes-model.ts';

export type * from './alerts-model.ts';
export * from './backup-model.ts';
export * from './content-model.ts';
export type * from './database-model.ts';
export type * from './rollout-model.ts';
export * from './scale-model.ts';
export * from './slo-model.ts';
export * from './telemetry-model.ts';
export * from './traffic-model.ts';
export type * from './volumes-model.ts';

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
  readonly machine: MachineSpec;
  /** Undefined: no copy of the backups is off this machine. */
  readonly backup: OffMachineSpec | undefined;
  readonly alerts: AlertsSpec;
  readonly telemetry: SystemTelemetrySpec;
  /** Sorted by name. */
  readonly services: readonly ServiceSpec[];
  /** Service names so that each stands after all that it uses, except across `cuts`. */
  readonly startOrder: readonly string[];
  /** Edges of `uses` that were left out of the start order because they close a cycle. Calls over them still work. */
  readonly cuts: readonly CutEdge[];
  /** Where each key of `islet.yaml` stands, by path. */
  readonly written: ReadonlyMap<string, Place>;
}

export interface CutEdge {
  readonly from: string;
  readonly to: string;
  /** The whole cycle, for the message: `['a', 'b', 'a']`. */
  readonly cycle: readonly string[];
}

/** S3-compatible storage. */
export interface OffMachineSpec {
  readonly bucket: string;
  /** Empty: the bucket itself. */
  readonly prefix: string;
  /** Undefined: Amazon's own. */
  readonly endpoint: string | undefined;
  readonly region: string;
  readonly accessKey: { readonly secret: string };
  readonly secretKey: { readonly secret: string };
}

export interface GatewaySpec {
  readonly host: string;
  readonly port: number;
  /** Threads that carry the traffic. */
  readonly workers: number;
  /** Networks whose connections say first whom they come from (PROXY protocol, version 2). Absent: none. */
  readonly proxyProtocol?: { readonly from: readonly string[] };
  /** Absent: no token says anything. */
  readonly identity?: IdentitySpec;
  /** Undefined: plain HTTP. */
  readonly tls: TlsSpec | undefined;
}

/** Whose tokens say who a client is. */
export interface IdentitySpec {
  readonly issuer: string;
  /** Undefined: tokens for anybody count. */
  readonly audience: string | undefined;
  readonly keys: { readonly kind: 'url'; readonly url: string } | { readonly kind: 'file'; readonly file: string };
}

export interface TlsSpec {
  /** Of the development authority: none, until whoever carries it out says where it will be. */
  readonly certificates: readonly CertificateFiles[];
  /**
   * The development authority makes it. `isInherited`: the environment in force doesn't say so itself. Absent: they are
   * files.
   */
  readonly development?: { readonly isInherited: boolean };
  /** Plain HTTP is sent to `https`; false: refused. */
  readonly redirect: boolean;
  /** A second port, for plain HTTP alone. */
  readonly httpPort: number | undefined;
}

/** Where a certificate and its key are: relative to the system's folder, or absolute. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** What automatic scaling may give away. */
export interface MachineSpec {
  /** Cores; undefined: all of the machine but one. */
  readonly cpu: number | undefined;
  /** Undefined: 80 % of the machine. */
  readonly memoryBytes: number | undefined;
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
  readonly redis: RedisSpec | undefined;
  /** Absent: it keeps no files. */
  readonly volumes?: VolumesSpec;
  readonly health: HealthSpec;
  readonly scale: ScaleSpec;
  readonly rollout: RolloutSpec;
  readonly traffic: ServiceTraffic;
  readonly security: SecuritySpec;
  readonly telemetry: TelemetrySpec;
  readonly test: TestSpec;
  /** Origin of every effective value, by path (`scale.min`, `run.env.LOG_LEVEL`). */
  readonly origins: ReadonlyMap<string, Origin>;
  /**
   * Where each key of the files that says something of it stands, by path, and each item of a list
   * (`traffic.rateLimit[1]`).
   */
  readonly written: ReadonlyMap<string, Place>;
}

/** What a service's files mean, wherever they say it. */
export type ServiceMeaning = Omit<ServiceSpec, 'origins' | 'written'>;

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
  /** How long tunnels and streams may go on after that, instead. */
  readonly longLivedMs: number;
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
  | { readonly kind: 'redis'; readonly part: 'url' | 'host' | 'port' | 'user' | 'password' }
  | { readonly kind: 'volumes'; readonly name: string }
  | { readonly kind: 'uses'; readonly service: string; readonly part: 'url' | 'address' | 'host' | 'port' };

export interface ApiSpec {
  readonly protocol: Protocol;
  /** An `http` service that speaks HTTP/2 without TLS, with prior knowledge. Absent: HTTP/1.1. */
  readonly http2?: true;
  readonly contract: string | undefined;
  /** Public routes on the gateway; empty: internal only. */
  readonly expose: readonly ExposeSpec[];
  /** Instances are told first whom a connection comes from (PROXY protocol, version 2). Absent: they are not. */
  readonly proxyProtocol?: true;
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

export interface RedisSpec {
  /** A cache is in memory alone; a store is on disk. */
  readonly as: 'cache' | 'store';
  readonly maxMemoryBytes: number;
  /** Redis's `maxmemory-policy`. */
  readonly evict: string;
  /** Undefined: it is not backed up. */
  readonly backup: BackupSpec | undefined;
  readonly drill: DrillSpec | undefined;
}

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

export interface SecuritySpec {
  /** Callers that may reach this service over an edge; undefined: all that declare `uses`. */
  readonly allow: readonly string[] | undefined;
}

export interface TestSpec {
  readonly unit: string | undefined;
  readonly smoke: string | undefined;
}
