import type { InstanceId } from '@islet/plan';
import type { RoutingTable } from '@islet/policy';
import type { CallOptions } from './compute.ts';

/** Makes traffic follow a routing table. */
export interface TrafficDriver {
  /** Returns when every worker of the proxy routes by this table, and no new request uses an older one. */
  publish(table: RoutingTable, options: CallOptions): Promise<void>;
  observe(): Promise<TrafficObservation>;
  /**
   * Calls back when the proxy came, went, an instance's requests in flight reached zero, or a request waits for the first
   * instance of a service. Only a hint.
   */
  watch(onChange: (change: TrafficChange) => void): Disposable;
  close(): Promise<void>;
}

export type TrafficChange = { readonly kind: 'wanted'; readonly service: string } | { readonly kind: 'other' };

export type TrafficObservation =
  | { readonly kind: 'unreachable'; readonly reason: string }
  | {
      readonly kind: 'reachable';
      readonly pid: number;
      /** Milliseconds since the epoch. */
      readonly startedAt: number;
      /** The proxy before this one was killed, with so many requests inside it. */
      readonly lastDeath: { readonly inFlight: number } | undefined;
      /** The table in use; undefined: none was ever pushed. */
      readonly table: RoutingTable | undefined;
      /** Listeners that could not be opened, with the reason. */
      readonly problems: readonly string[];
      /** Requests in flight by instance, also of instances that left the table; those with none are left out. */
      readonly inFlight: Readonly<Record<InstanceId, number>>;
    };
