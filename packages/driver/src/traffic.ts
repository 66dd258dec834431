import type { InstanceId, RevisionId } from '@islet/plan';
import type { HistogramData, RoutingTable } from '@islet/policy';
import type { CallOptions } from './compute.ts';

/** Makes traffic follow a routing table. */
export interface TrafficDriver {
  /** Returns when every worker of the proxy routes by this table, and no new request uses an older one. */
  publish(table: RoutingTable, options: CallOptions): Promise<void>;
  observe(): Promise<TrafficObservation>;
  /** What each revision answered since the proxy started. Throws `unavailable` where the proxy can't be reached. */
  revisions(options: CallOptions): Promise<readonly RevisionTraffic[]>;
  /**
   * Calls back when the proxy came, went, an instance's requests in flight reached zero, or a request waits for the
   * first instance of a service. Only a hint.
   */
  watch(onChange: (change: TrafficChange) => void): Disposable;
  close(): Promise<void>;
}

export type TrafficChange = { readonly kind: 'wanted'; readonly service: string } | { readonly kind: 'other' };

/**
 * All instances of one revision together, also those that are gone. Each try counts, also one that a retry has healed.
 */
export interface RevisionTraffic {
  readonly service: string;
  readonly revision: RevisionId;
  /** That were answered, or not, by now; what is in flight is not counted. */
  readonly requests: number;
  /** Of these: 5xx, or no answer. */
  readonly failures: number;
  readonly latencyUs: HistogramData;
}

export type TrafficObservation =
  /** `reason` is a sentence: "the proxy can't be reached (ECONNREFUSED)". */
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
      /** Of those in flight, the tunnels and streams, which may go on for as long as they like. */
      readonly longLived: Readonly<Record<InstanceId, number>>;
    };
