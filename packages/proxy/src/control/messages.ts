import type { RoutingTable } from '@islet/policy';
import type { LastDeath } from '../in-flight-file.ts';

/** `GET /state`. */
export interface ProxyState {
  readonly pid: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly table: RoutingTable | undefined;
  /** Threads that carry traffic. */
  readonly workers: number;
  readonly problems: readonly string[];
  readonly inFlight: Readonly<Record<string, number>>;
  /** Of those in flight, the tunnels and streams. */
  readonly longLived: Readonly<Record<string, number>>;
  /** The proxy before this one was killed. */
  readonly lastDeath: LastDeath | undefined;
}

/** The answer to `PUT /table`: every request that comes from now on is routed by this version. */
export interface TableAcknowledgement {
  readonly version: number;
  readonly problems: readonly string[];
}

/** The answer to a request that was refused. */
export interface ControlRefusal {
  readonly error: { readonly code: ControlErrorCode; readonly message: string };
}

export type ControlErrorCode = 'bad-request' | 'invalid-table' | 'older-table' | 'too-large' | 'not-found' | 'internal';

/** One line of `GET /events`. The stream's end is the proxy's. */
export type ProxyEvent =
  | { readonly kind: 'hello'; readonly pid: number }
  /** An instance that has left the table has nothing in flight any more. */
  | { readonly kind: 'drained'; readonly instance: string }
  /** A request waits for the first instance of a service. */
  | { readonly kind: 'wanted'; readonly service: string };
