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
  readonly fields?: string | undefined;
}

/** An answer of the proxy's own: the same shape for every code, and marked so that it is never taken for a service's. */
export interface ErrorAnswer {
  readonly status: number;
  /** Its lines end with CRLF; the length of the body is not among them. */
  readonly fields: string;
  readonly body: string;
}

export function errorAnswer(details: ErrorDetails): ErrorAnswer {
  const { code, service, message, requestId } = details;
  const { status, hint } = PROXY_ERRORS[code];
  const fields = `Content-Type: application/json\r\nDate: ${new Date().toUTCString()}\r\nCache-Control: no-store\r\n`;
  const body = JSON.stringify({ error: { code, service, message, hint, requestId } });
  return { status, fields: fields + errorFields(details), body };
}

/** What every such answer says of itself, whatever its protocol. */
export function errorFields({ code, requestId, explanation, retryAfterMs = 1_000, fields = '' }: ErrorDetails): string {
  const { status } = PROXY_ERRORS[code];
  return (
    `x-islet-error: ${code}\r\n` +
    (explanation === undefined ? '' : `x-islet-explain: ${explanation}\r\n`) +
    (requestId === undefined ? '' : `x-request-id: ${requestId}\r\n`) +
    (status === 503 || status === 429 ? `Retry-After: ${Math.max(1, Math.ceil(retryAfterMs / 1000))}\r\n` : '') +
    fields
  );
}

/** The same as HTTP/1.1 writes it. */
export function errorResponse(
  details: ErrorDetails,
  { close, toHead }: { readonly close: boolean; readonly toHead: boolean },
): string {
  const { fields, body } = errorAnswer(details);
  const { status } = PROXY_ERRORS[details.code];
  return (
    `HTTP/1.1 ${status} ${REASONS[status]}\r\n` +
    `${fields}Content-Length: ${Buffer.byteLength(body)}\r\n` +
    (close ? 'Connection: close\r\n\r\n' : '\r\n') +
    (toHead ? '' : body)
  );
}

const REASONS: Readonly<Record<(typeof PROXY_ERRORS)[ProxyErrorCode]['status'], string>> = {
  308: 'Permanent Redirect',
  400: 'Bad Request',
  404: 'Not Found',
  408: 'Request Timeout',
  411: 'Length Required',
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
