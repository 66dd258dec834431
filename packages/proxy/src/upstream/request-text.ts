import { DEADLINE_MARGIN, grpcTimeoutText, passedOnMs } from '@islet/policy';
import type { Trace } from '../client/trace-context.ts';
import type { RequestFields } from '../http/request-fields.ts';
import type { RequestHead } from '../http/request-head.ts';
import type { Origin } from '../stats.ts';
import type { SteadyHead } from './steady-head.ts';

/** What the head sent to an instance says beyond what the client said. */
export interface RequestOrigin {
  readonly from: Origin;
  readonly clientAddress: string;
  /** It came over TLS. */
  readonly secure: boolean;
  readonly requestId: string;
  readonly trace: Trace;
  /** Nobody waits for the answer: see `mirror`. */
  readonly isMirror: boolean;
  /** The service that asks, where it is not the one the request came from: this one stands in for it. */
  readonly inNameOf?: string;
  /** In origin form, after any stripping. */
  readonly target: string;
  /** What is the same in it each time that it comes. */
  readonly steady: SteadyHead;
}

/** How long an instance has, before the margin of this hop is taken off. */
export interface TimeLeft {
  /** For the head of its response. */
  readonly headMs: number;
  /** For the whole of a gRPC call; undefined: its caller didn't say. */
  readonly callMs: number | undefined;
}

/** Who knows how long that is at any instant. */
export interface TimeKeeper {
  timeLeft(now: number): TimeLeft;
}

/**
 * What is the same in the head that an instance gets which speaks HTTP/1.1, whenever the request is; `passingText` is the rest.
 * Put into one text they would be copied once more than they are written.
 */
export function steadyText({ method, fields }: RequestHead, origin: RequestOrigin): string {
  return (
    `${method} ${origin.target} HTTP/1.1\r\n` +
    `Host: ${fields.host === '' ? 'localhost' : fields.host}\r\n` +
    fields.passed +
    framingText(fields.framing) +
    connectionText(fields) +
    whoseText(fields, origin)
  );
}

/** Where the request comes from, and who asks. */
export function whoseText(fields: RequestFields, origin: RequestOrigin): string {
  return forwardedText(fields, origin) + callerText(origin) + (origin.isMirror ? 'x-islet-mirror: 1\r\n' : '');
}

/** Which request it is, and how long it has, to the head's end. `Via` is what RFC 9110, 7.6.3 asks of every gateway. */
export function passingText({ requestId, trace: { traceparent, tracestate } }: RequestOrigin, time: TimeLeft): string {
  const state = tracestate === undefined ? '' : `\r\ntracestate: ${tracestate}`;
  return `x-request-id: ${requestId}\r\ntraceparent: ${traceparent}${state}${timeText(time)}`;
}

/** With the end of the line before it. */
function timeText({ headMs, callMs }: TimeLeft): string {
  const ms = passedOnMs(headMs);
  if (ms !== last.ms) {
    last.ms = ms;
    last.text = `\r\nVia: 1.1 islet\r\nx-islet-deadline-ms: ${ms}\r\n\r\n`;
  }
  return callMs === undefined ? last.text : `\r\ngrpc-timeout: ${grpcTimeoutFor(callMs)}${last.text}`;
}

/** What is left of a gRPC call's time for whoever gets it next. */
export function grpcTimeoutFor(callMs: number): string {
  return grpcTimeoutText(callMs * (1 - DEADLINE_MARGIN));
}

/** Most requests have all of their timeout left. */
const last = { ms: -1, text: '' };

function callerText({ from, inNameOf }: RequestOrigin): string {
  const caller = inNameOf ?? (from.kind === 'edge' ? from.caller : undefined);
  return caller === undefined ? '' : `x-islet-caller: ${caller}\r\n`;
}

function framingText(framing: RequestFields['framing']): string {
  if (framing.kind === 'length') return `Content-Length: ${framing.length}\r\n`;
  return framing.kind === 'chunked' ? 'Transfer-Encoding: chunked\r\n' : '';
}

function connectionText({ upgrade, acceptsTrailers }: RequestFields): string {
  if (upgrade !== undefined) return `Connection: Upgrade\r\nUpgrade: ${upgrade}\r\n`;
  return acceptsTrailers ? 'Connection: TE\r\nTE: trailers\r\n' : '';
}

/** What the public says of itself is dropped at the gateway; what a service says has come from the gateway. */
function forwardedText(fields: RequestFields, { from, clientAddress, secure }: RequestOrigin): string {
  const trusted = from.kind !== 'gateway';
  const before = trusted && fields.forwardedFor !== undefined ? `${fields.forwardedFor}, ` : '';
  const proto = (trusted ? fields.forwardedProto : undefined) ?? (secure ? 'https' : 'http');
  const host = (trusted ? fields.forwardedHost : undefined) ?? fields.host;
  return (
    (trusted ? fields.hearsay : '') +
    `X-Forwarded-For: ${before}${clientAddress}\r\nX-Forwarded-Proto: ${proto}\r\n` +
    (host === '' ? '' : `X-Forwarded-Host: ${host}\r\n`)
  );
}
