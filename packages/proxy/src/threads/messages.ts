import type { CachePurge, RoutingTable } from '@islet/policy';
import type { ProxyStats } from '../plane.ts';
import type { SharedMemory } from '../shared/shared-states.ts';

/** What a thread is started with. */
export interface ThreadData {
  /** Its number, from 1; the main thread is 0. */
  readonly lane: number;
  readonly memory: SharedMemory;
  /** Two words, which it writes now and then: a count that grows, and its requests in flight. */
  readonly pulse: SharedArrayBuffer;
  /** Where threads tell each other what the memory does not. */
  readonly hints: string;
  /** The file of the key that explain tokens are signed with. */
  readonly tokenKey: string;
}

/** What the main thread wants of another one; each is answered. */
export type Order =
  | { readonly kind: 'apply'; readonly table: RoutingTable; readonly threads: number; readonly open: readonly string[] }
  | { readonly kind: 'state' }
  | { readonly kind: 'stats' }
  | { readonly kind: 'purge'; readonly purge: CachePurge }
  /** Lines for the access log that wait are to be sent. */
  | { readonly kind: 'flush' }
  | { readonly kind: 'close'; readonly byMs: number; readonly graceMs: number };

export interface Ordered {
  readonly call: number;
  readonly order: Order;
}

export interface PlaneState {
  readonly problems: readonly string[];
  readonly inFlight: Readonly<Record<string, number>>;
  readonly longLived: Readonly<Record<string, number>>;
}

export interface Answers {
  readonly apply: PlaneState;
  readonly state: PlaneState;
  readonly stats: ProxyStats;
  readonly purge: number;
  readonly flush: undefined;
  readonly close: ProxyStats;
}

/** What a thread says. */
export type Saying =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answer'; readonly call: number; readonly answer: Answers[keyof Answers] }
  | { readonly kind: 'drained'; readonly instance: string }
  | { readonly kind: 'wanted'; readonly service: string }
  /** An exception that no code expected. */
  | { readonly kind: 'unexpected'; readonly text: string }
  | { readonly kind: 'lines'; readonly lines: readonly string[] };
