import type { TrafficRule } from './traffic-rule.ts';

/**
 * What became of one request: a line of the proxy's access log, what `islet explain` tells, and what spans are made of.
 *
 * The line holds no query, no header and no body: they carry secrets. A reader takes lines of the version that it knows
 * and passes over others. What is `undefined` is not in the line.
 *
 * Spans: the request is a span `span`, child of `parent`; its n-th try is a span `trySpan(span, n)`, child of `span`,
 * and the parent that the instance was told. Both are of `trace` (W3C Trace Context).
 */
export interface RequestRecord {
  readonly v: typeof RECORD_VERSION;
  /** When its head had come: milliseconds since the epoch, with a fraction. */
  readonly at: number;
  readonly id: string;
  /** 32 hexadecimal digits. */
  readonly trace: string;
  /** 16 hexadecimal digits, the last of them 0. */
  readonly span: string;
  /** The caller's span; undefined: the trace begins here. */
  readonly parent?: string | undefined;
  readonly from: 'gateway' | 'edge' | 'operator';
  /** The calling service, on an edge. */
  readonly caller?: string | undefined;
  /** The client's address, at the gateway. */
  readonly client?: string | undefined;
  /** Undefined: the request named none, or was not understood. */
  readonly service?: string | undefined;
  /** The rule that took it to the service, such as the path under `api.expose`. */
  readonly route?: string | undefined;
  readonly protocol: WireProtocol;
  readonly method?: string | undefined;
  /** Without its query, and cut where it is longer than a line should be. */
  readonly path?: string | undefined;
  /** What the client was answered; undefined: it got no answer. */
  readonly status?: number | undefined;
  /** The status in the trailers of a gRPC call. */
  readonly grpcStatus?: number | undefined;
  /** A code of the proxy's own; undefined: it has nothing to complain of. */
  readonly error?: string | undefined;
  /** Bytes of the bodies that went through. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly timings: RequestTimings;
  readonly tries: readonly TryRecord[];
  readonly decisions: readonly DecisionRecord[];
  /** Why this line was kept. Of the requests that are kept as samples, many more came. */
  readonly kept: KeptBecause;
}

export const RECORD_VERSION = 1;

export const WIRE_PROTOCOLS = ['http/1.0', 'http/1.1', 'http/2', 'grpc', 'tcp'] as const;
export type WireProtocol = (typeof WIRE_PROTOCOLS)[number];

/** Milliseconds from `at`, but for `queue` and `connect`, which are durations. */
export interface RequestTimings {
  /** In wait: for its turn in the loop of a proxy that is busy, and for a place among the requests of its caller. */
  readonly queue: number;
  /** For a connection to an instance, over all tries. */
  readonly connect: number;
  /** Until the head of the response; undefined: there was none. */
  readonly firstByte?: number | undefined;
  readonly total: number;
}

export interface TryRecord {
  readonly instance: string;
  readonly revision: string;
  /** From the request's `at`, in milliseconds. */
  readonly start: number;
  readonly end: number;
  /** The status that the instance answered, or how the try ended without one: `connection-refused`, an error code. */
  readonly outcome: number | string;
  /** It was sent to find out whether an ejected instance is well again. */
  readonly probe?: true | undefined;
}

/** Something that a rule did to the request. */
export interface DecisionRecord {
  readonly rule: TrafficRule;
  /** Milliseconds from the request's `at`. */
  readonly at: number;
  /** The counters that decided, as a person reads them: `3 of 3 gateway errors in a row`. */
  readonly why: string;
  readonly instance?: string | undefined;
  /** Where the rule is written, if it goes by another name there: `traffic.routes[0].timeout.request`. */
  readonly path?: string | undefined;
  /**
   * The line that says so: `services/orders/service.yaml:7`; `default`, where no file does; or who else has set it.
   * Absent: an older Islet wrote this.
   */
  readonly from?: string | undefined;
}

export const KEPT_BECAUSE = ['error', 'decision', 'slow', 'asked', 'sample'] as const;
export type KeptBecause = (typeof KEPT_BECAUSE)[number];

const DIGITS = '0123456789abcdef';

/** The span of the n-th try, counted from 1. A request has fewer than 16. */
export function trySpan(span: string, nth: number): string {
  return span.slice(0, -1) + tryDigit(nth);
}

/** What the span of the n-th try ends with; the request's own, with 0. */
export function tryDigit(nth: number): string {
  return DIGITS.charAt(Math.min(nth, 15));
}
