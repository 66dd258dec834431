import type { TrafficSpec } from '@islet/spec';
import type { RequestHead } from '../http/request-head.ts';
import type { Edge } from '../stats.ts';
import type { EndpointState } from '../upstream/endpoint.ts';
import type { ServiceState } from '../upstream/service.ts';

/** What an exchange is made for. */
export interface ExchangeOrder {
  readonly request: RequestHead;
  /** The head as the instance gets it, but for its last line. */
  readonly text: string;
  readonly requestId: string;
  readonly service: ServiceState;
  readonly policy: TrafficSpec;
  /** How long the caller still waits; undefined: it didn't say. */
  readonly callerHasMs: number | undefined;
  readonly edge: Edge;
  /** Tells that something in flight to an endpoint has ended. */
  readonly settle: (endpoint: EndpointState) => void;
}
