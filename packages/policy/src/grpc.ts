/**
 * What gRPC says in other places than HTTP: every answer is a 200, and its verdict is a number in the trailers. For
 * balancing, ejection and statistics, a call's status counts as the HTTP status that it is equivalent to (the mapping
 * of google.rpc.Code, which Envoy uses as well).
 */
export const GRPC_STATUS = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  deadlineExceeded: 4,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

export type GrpcStatus = (typeof GRPC_STATUS)[keyof typeof GRPC_STATUS];

/** By number, 0 to 16. */
const HTTP_EQUIVALENTS = [200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401] as const;

/** The HTTP status that a gRPC status counts as; one that nobody knows counts as an error (2, unknown). */
export function httpEquivalent(grpcStatus: number): number {
  return HTTP_EQUIVALENTS[grpcStatus] ?? 500;
}

/**
 * What a gRPC client is told where an answer is HTTP's alone (grpc/doc/http-grpc-status-mapping.md, and 408 and 504).
 */
export function grpcEquivalent(httpStatus: number): GrpcStatus {
  switch (httpStatus) {
    case 404:
    case 501:
      return GRPC_STATUS.unimplemented;
    case 429:
    case 431:
      return GRPC_STATUS.resourceExhausted;
    case 408:
    case 504:
      return GRPC_STATUS.deadlineExceeded;
    case 502:
    case 503:
      return GRPC_STATUS.unavailable;
    case 401:
      return GRPC_STATUS.unauthenticated;
    default:
      return GRPC_STATUS.internal;
  }
}

/** `grpc-timeout` (PROTOCOL-HTTP2.md): at most 8 digits and a unit. Undefined: it says nothing that is understood. */
export function grpcTimeoutMs(value: string | undefined): number | undefined {
  const [, digits, unit] = /^([0-9]{1,8})([HMSmun])$/.exec(value ?? '') ?? [];
  const unitMs = unit === undefined ? undefined : UNITS_MS.get(unit);
  return unitMs === undefined ? undefined : Number(digits) * unitMs;
}

/** The finest unit that needs no more than the 8 digits that there may be. */
export function grpcTimeoutText(ms: number): string {
  const us = Math.floor(Math.max(0, ms) * 1000);
  if (us <= MOST) return `${us}u`;
  if (ms <= MOST) return `${Math.floor(ms)}m`;
  return `${Math.min(Math.floor(ms / 1000), MOST)}S`;
}

/**
 * `grpc-retry-pushback-ms` (gRFC A6): how long a server asks its callers to wait before a retry. `never` is what a
 * negative number says, and everything that is no number.
 */
export function pushback(value: string | undefined): number | 'never' | undefined {
  if (value === undefined) return undefined;
  return /^[0-9]{1,9}$/.test(value) ? Number(value) : 'never';
}

/** `grpc-message`: printable ASCII, the rest and `%` percent-encoded as UTF-8. */
export function grpcMessage(text: string): string {
  return text.replace(/[^\x20-\x24\x26-\x7e]/gu, (found) =>
    [...new TextEncoder().encode(found)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}

const MOST = 99_999_999;
const UNITS_MS: ReadonlyMap<string, number> = new Map([
  ['H', 3_600_000],
  ['M', 60_000],
  ['S', 1_000],
  ['m', 1],
  ['u', 1e-3],
  ['n', 1e-6],
]);
