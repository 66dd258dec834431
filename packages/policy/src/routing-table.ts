import type { CertificateFiles, IdentitySpec, Protocol, ServiceTraffic } from '@islet/spec';
import type { WrittenLines } from './rule-place.ts';

export type { CertificateFiles, IdentitySpec };

/**
 * All that the proxy must know to carry traffic: pushed whole, with a version, acknowledged when every worker uses it,
 * and kept on disk so that the proxy can restart alone.
 */
export interface RoutingTable {
  /** Grows with each push of one system. */
  readonly version: number;
  /** Key of everything here but the endpoints. */
  readonly routes: string;
  /** Threads that carry the traffic; absent: one. */
  readonly workers?: number | undefined;
  /** Whose tokens say who a client is; absent: nobody's. Files are named from the root. */
  readonly identity?: IdentitySpec | undefined;
  readonly listeners: readonly Listener[];
  readonly services: Readonly<Record<string, RoutedService>>;
}

export type Listener = GatewayListener | EdgeListener | OperatorListener;

/** The public entrance. */
export interface GatewayListener {
  readonly kind: 'gateway';
  readonly host: string;
  readonly port: number;
  readonly routes: readonly GatewayRoute[];
  /** Undefined: plain HTTP is served. */
  readonly secure?: SecureGateway | undefined;
  /**
   * Networks whose connections begin by saying whose they are (PROXY protocol, version 2), such as those of a load
   * balancer: they must, and nobody else may. Absent: nobody's.
   */
  readonly passedOnBy?: readonly string[] | undefined;
}

/** A gateway that serves over TLS only. Keys are named by their files, and never stand in the table. */
export interface SecureGateway {
  /** Empty: TLS is spoken on the other port. */
  readonly certificates: readonly CertificateFiles[];
  /** Where TLS is spoken: what plain HTTP is sent to, if it is. */
  readonly port: number;
  readonly redirect: boolean;
}

export interface GatewayRoute {
  /** Lower case, without port; undefined: any. */
  readonly host: string | undefined;
  /** `/orders` matches `/orders` and `/orders/…`, not `/orders-old`. */
  readonly path: string;
  readonly strip: boolean;
  readonly service: string;
}

/** Where one caller reaches one service of its `uses`: the listener itself names the caller. */
export interface EdgeListener {
  readonly kind: 'edge';
  readonly caller: string;
  readonly service: string;
  readonly host: string;
  readonly port: number;
}

/** A Unix socket for the operator (`islet call`): the `Host` header names the service. */
export interface OperatorListener {
  readonly kind: 'operator';
  readonly path: string;
}

export interface RoutedService {
  /** `http` and `grpc` are balanced per request; `tcp` is passed through per connection. */
  readonly protocol: Protocol;
  /** How its callers reach it. */
  readonly traffic: ServiceTraffic;
  /** Where the files write that, and what else can decide of a request, by path. Absent: nobody knows. */
  readonly lines?: WrittenLines | undefined;
  readonly endpoints: readonly Endpoint[];
  /**
   * Instances of the revision before one that bakes. They get no requests, but where none of `endpoints` takes a
   * connection. Absent: none.
   */
  readonly warm?: readonly Endpoint[] | undefined;
  /** How requests are shared out among its revisions; undefined: over all endpoints alike. */
  readonly split: Split | undefined;
  /** Why there are no endpoints, for the body of the 503; undefined: not known. */
  readonly unavailable: string | undefined;
  /** Requests wait for its first instance; absent: where there is none, they are refused. */
  readonly hold?: Hold | undefined;
  /** What a drill does to its requests; absent: nothing. */
  readonly fault?: Fault | undefined;
}

/** How requests wait for the first instance of a service that was scaled to none. */
export interface Hold {
  readonly maxMs: number;
  readonly requests: number;
}

/** A fault that a drill injects at one instance. It ends by itself, whoever began it. */
export interface Fault {
  /** `slow`: answers come `delayMs` later. `errors`: it answers 500. `partition`: it takes no connection. */
  readonly kind: 'slow' | 'errors' | 'partition';
  readonly instance: string;
  /** Of its requests. */
  readonly percent: number;
  readonly delayMs: number;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** How requests are shared out among revisions of a service that serve at once. */
export interface Split {
  /**
   * Percent of the requests by revision; together 100. One that is not named gets none, unless a rule asks for it or
   * nobody else is there; one with 0 gets none unless a rule asks for it, whoever else is there.
   */
  readonly weights: Readonly<Record<string, number>>;
  /**
   * The revision that is known to work: it takes what was meant for one that has nobody to ask, and what that one
   * failed.
   */
  readonly stable: string;
  /** Requests that go to one revision whatever the weights. The first that matches wins. */
  readonly rules: readonly SplitRule[];
  readonly mirror: Mirror | undefined;
}

/**
 * Requests for this host, or that carry this header or cookie, with that value; undefined: whatever its value. The name
 * of a header or a host is lower case.
 */
export interface SplitRule {
  readonly kind: 'header' | 'cookie' | 'host';
  readonly name: string;
  readonly value: string | undefined;
  readonly revision: string;
}

/**
 * A copy of safe requests (GET, HEAD, OPTIONS) goes to a revision, and its answer is dropped. The original never waits
 * for it.
 */
export interface Mirror {
  readonly revision: string;
  readonly percent: number;
}

/** Stored responses that are to be forgotten: of a service all, or those that each of these means. */
export interface CachePurge {
  readonly service: string;
  /** As the service sees it, without query; `/products/*`: all below `/products/`. */
  readonly path?: string | undefined;
  /** That the response named itself by (`Cache-Groups`, RFC 9875). */
  readonly group?: string | undefined;
}

export interface Endpoint {
  readonly instance: string;
  readonly revision: string;
  readonly host: string;
  readonly port: number;
  /** An instance of an `http` service that speaks HTTP/2 without TLS; absent: HTTP/1.1. */
  readonly http2?: boolean | undefined;
  /**
   * An instance of a `tcp` service that is told first whose a connection is (PROXY protocol, version 2); absent: it is
   * not.
   */
  readonly toldClients?: boolean | undefined;
}
