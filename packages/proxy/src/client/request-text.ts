import { passedOnMs } from '@islet/policy';
import type { RequestHead } from '../http/request-head.ts';
import type { Origin } from '../stats.ts';
import { traceContext } from './trace-context.ts';

/** What the head sent to an instance says beyond what the client said. */
export interface RequestOrigin {
  readonly from: Origin;
  readonly clientAddress: string;
  readonly requestId: string;
  /** In origin form, after any stripping. */
  readonly target: string;
}

/**
 * The head as the instance gets it, but for its last line, which is another with each try: see `deadlineText`. `Via` is what RFC 9110, 7.6.3 asks of every gateway.
 */
export function requestText({ method, fields }: RequestHead, origin: RequestOrigin): string {
  const { traceparent, tracestate } = traceContext(fields.traceparent, fields.tracestate);
  return (
    `${method} ${origin.target} HTTP/1.1\r\n` +
    `Host: ${fields.host === '' ? 'localhost' : fields.host}\r\n` +
    fields.passed +
    framingText(fields.framing) +
    connectionText(fields) +
    forwardedText(fields, origin) +
    (origin.from.kind === 'edge' ? `x-islet-caller: ${origin.from.caller}\r\n` : '') +
    `x-request-id: ${origin.requestId}\r\ntraceparent: ${traceparent}\r\n` +
    (tracestate === undefined ? '' : `tracestate: ${tracestate}\r\n`) +
    'Via: 1.1 islet\r\n'
  );
}

/** How long the instance has, and the end of the head. */
export function deadlineText(remainingMs: number): string {
  return `x-islet-deadline-ms: ${passedOnMs(remainingMs)}\r\n\r\n`;
}

function framingText(framing: RequestHead['fields']['framing']): string {
  if (framing.kind === 'length') return `Content-Length: ${framing.length}\r\n`;
  return framing.kind === 'chunked' ? 'Transfer-Encoding: chunked\r\n' : '';
}

function connectionText({ upgrade, acceptsTrailers }: RequestHead['fields']): string {
  if (upgrade !== undefined) return `Connection: Upgrade\r\nUpgrade: ${upgrade}\r\n`;
  return acceptsTrailers ? 'Connection: TE\r\nTE: trailers\r\n' : '';
}

/** What the public says of itself is dropped at the gateway; what a service says has come from the gateway. */
function forwardedText(fields: RequestHead['fields'], { from, clientAddress }: RequestOrigin): string {
  const trusted = from.kind !== 'gateway';
  const before = trusted && fields.forwardedFor !== undefined ? `${fields.forwardedFor}, ` : '';
  const proto = (trusted ? fields.forwardedProto : undefined) ?? 'http';
  const host = (trusted ? fields.forwardedHost : undefined) ?? fields.host;
  return (
    (trusted ? fields.hearsay : '') +
    `X-Forwarded-For: ${before}${clientAddress}\r\nX-Forwarded-Proto: ${proto}\r\n` +
    (host === '' ? '' : `X-Forwarded-Host: ${host}\r\n`)
  );
}
