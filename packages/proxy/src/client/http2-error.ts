import { GRPC_STATUS, type GrpcStatus, grpcEquivalent, grpcMessage } from '@islet/policy';
import { PROXY_ERRORS, type ProxyError, type ProxyErrorCode } from '../errors.ts';
import { type Field, fieldOf } from '../http/fields.ts';
import { http2Fields } from '../http/http2-fields.ts';
import { type ErrorDetails, errorAnswer, errorFields } from './error-response.ts';

/** An answer of the proxy's own as HTTP/2 writes it. Without a body, the head is all of it. */
export interface Http2Answer {
  readonly raw: string[];
  readonly body: string | undefined;
}

export function http2Error(details: ErrorDetails, { grpc, toHead }: { grpc: boolean; toHead: boolean }): Http2Answer {
  if (grpc) return { raw: grpcError(details), body: undefined };
  const { status, fields, body } = errorAnswer(details);
  const length = `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  return { raw: [':status', String(status), ...http2Fields(fields + length)], body: toHead ? undefined : body };
}

/** What the caller of a gRPC call reads: no HTTP status, but a number and a message in the place of trailers. */
function grpcError(details: ErrorDetails): string[] {
  const { code, message, retryAfterMs } = details;
  const raw = [':status', '200', 'content-type', 'application/grpc', ...http2Fields(errorFields(details))];
  raw.push('grpc-status', String(grpcStatusOf(code)), 'grpc-message', grpcMessage(`${code}: ${message}`));
  if (retryAfterMs !== undefined) raw.push('grpc-retry-pushback-ms', String(Math.ceil(retryAfterMs)));
  return raw;
}

/** The end of a gRPC call that had begun to be answered. */
export function grpcTrailers({ code, message }: ProxyError): readonly Field[] {
  return [
    fieldOf('grpc-status', String(grpcStatusOf(code))),
    fieldOf('grpc-message', grpcMessage(`${code}: ${message}`)),
    fieldOf('x-islet-error', code),
  ];
}

function grpcStatusOf(code: ProxyErrorCode): GrpcStatus {
  return OTHERWISE[code] ?? grpcEquivalent(PROXY_ERRORS[code].status);
}

/** Where gRPC has a word of its own for what HTTP calls something else. */
const OTHERWISE: Readonly<Partial<Record<ProxyErrorCode, GrpcStatus>>> = {
  // Nobody has begun the call, and another time it may go well.
  'connect-timeout': GRPC_STATUS.unavailable,
  'no-instance-reachable': GRPC_STATUS.unavailable,
  overloaded: GRPC_STATUS.resourceExhausted,
  'instance-overloaded': GRPC_STATUS.resourceExhausted,
  'bad-response': GRPC_STATUS.internal,
  'response-cut': GRPC_STATUS.unavailable,
};
