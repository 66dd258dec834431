import { PROXY_ERRORS, type ProxyErrorCode } from '../errors.ts';

export interface ErrorDetails {
  readonly code: ProxyErrorCode;
  readonly service: string | undefined;
  readonly message: string;
  readonly requestId: string | undefined;
  /** What decided, as far as this caller may know it. */
  readonly explanation?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  /** More of them, each line with its end. */
  readonly fields?: string;
}

/** An answer of the proxy's own: the same shape for every code, and marked so that it is never taken for a service's. */
export function errorResponse(
  { code, service, message, requestId, explanation, retryAfterMs = 1_000, fields = '' }: ErrorDetails,
  { close, toHead }: { readonly close: boolean; readonly toHead: boolean },
): string {
  const { status, hint } = PROXY_ERRORS[code];
  const body = JSON.stringify({ error: { code, service, message, hint, requestId } });
  return (
    `HTTP/1.1 ${status} ${REASONS[status]}\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
    `Date: ${new Date().toUTCString()}\r\nCache-Control: no-store\r\nx-islet-error: ${code}\r\n` +
    (explanation === undefined ? '' : `x-islet-explain: ${explanation}\r\n`) +
    (requestId === undefined ? '' : `x-request-id: ${requestId}\r\n`) +
    (status === 503 || status === 429 ? `Retry-After: ${Math.max(1, Math.ceil(retryAfterMs / 1000))}\r\n` : '') +
    fields +
    (close ? 'Connection: close\r\n\r\n' : '\r\n') +
    (toHead ? '' : body)
  );
}

/** An HTTP/2 client is told in its own words to come back with HTTP/1.1: SETTINGS, then GOAWAY (RFC 9113, 3.4 and 6.8). */
export const HTTP2_REFUSAL = Buffer.from([
  ...[0, 0, 0, 4, 0, 0, 0, 0, 0],
  ...[0, 0, 8, 7, 0, 0, 0, 0, 0],
  ...[0, 0, 0, 0, 0, 0, 0, 0x0d],
]);

const REASONS: Readonly<Record<(typeof PROXY_ERRORS)[ProxyErrorCode]['status'], string>> = {
  400: 'Bad Request',
  404: 'Not Found',
  408: 'Request Timeout',
  413: 'Content Too Large',
  414: 'URI Too Long',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  499: 'Client Closed Request',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
};
