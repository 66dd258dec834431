import type { Protocol, TrafficSpec } from '@islet/spec';

/**
 * All that the proxy must know to carry traffic: pushed whole, with a version, acknowledged when every worker uses it,
 * and kept on disk so that the proxy can restart alone.
 */
export interface RoutingTable {
  /** Grows with each push of one system. */
  readonly version: number;
  /** Key of everything here but the endpoints. */
  readonly routes: string;
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
  /** `http` is balanced per request; `grpc` and `tcp` are passed through per connection. */
  readonly protocol: Protocol;
  /** How its callers reach it. */
  readonly traffic: TrafficSpec;
  readonly endpoints: readonly Endpoint[];
  /** Why there are no endpoints, for the body of the 503; undefined: not known. */
  readonly unavailable: string | undefined;
}

export interface Endpoint {
  readonly instance: string;
  readonly revision: string;
  readonly host: string;
  readonly port: number;
}
