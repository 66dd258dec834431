import type { TrafficSpec } from '@islet/spec';
import type { RequestHead } from '../http/request-head.ts';
import type { Trail } from '../record/trail.ts';
import type { Runtime } from '../runtime.ts';
import type { Edge } from '../stats.ts';
import type { EndpointState } from '../upstream/endpoint.ts';
import type { RequestOrigin } from '../upstream/request-text.ts';
import type { ServiceState } from '../upstream/service.ts';
import type { Way } from './edge-policies.ts';
import type { ListenerRules } from './rules.ts';

/** What an exchange is made for. */
export interface ExchangeOrder {
  readonly request: RequestHead;
  readonly origin: RequestOrigin;
  readonly service: ServiceState;
  readonly policy: TrafficSpec;
  /** On which route of the service, and what it is counted by. */
  readonly way: Way;
  /** Whose request it is: an address, or the calling service. */
  readonly client: string;
  /** How long the caller still waits; undefined: it didn't say. */
  readonly callerHasMs: number | undefined;
  readonly edge: Edge;
  /** By which other services may be found. */
  readonly rules: ListenerRules;
  readonly runtime: Runtime;
  /** Doing it twice is doing it once. */
  readonly idempotent: boolean;
  /** Asks once more, for the cache alone. */
  readonly refresh: (order: ExchangeOrder, runtime: Runtime) => void;
  /** Nobody waits for the response: it is asked for so that the cache has it. */
  readonly refreshes?: true;
  /** Services that were asked before this one, which stands in for them. */
  readonly askedBefore?: readonly string[];
  /** Where what becomes of it is noted. */
  readonly trail: Trail;
  /** Tells that something in flight to an endpoint has ended. */
  readonly settle: (endpoint: EndpointState) => void;
}
