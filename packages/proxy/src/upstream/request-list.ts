import { passedOnMs } from '@islet/policy';
import { http2Fields } from '../http/http2-fields.ts';
import type { RequestHead } from '../http/request-head.ts';
import { grpcTimeoutFor, type RequestOrigin, type TimeLeft, whoseText } from './request-text.ts';

/** The head as an instance gets it that speaks HTTP/2: names, in lower case, and values in turn. What it says, `steadyText` and `passingText` say. */
export function requestList(request: RequestHead, origin: RequestOrigin, { headMs, callMs }: TimeLeft): string[] {
  const { requestId, trace } = origin;
  const { traceparent, tracestate } = trace;
  const list = [...origin.steady.listOf(request, origin), 'x-request-id', requestId, 'traceparent', traceparent];
  if (tracestate !== undefined) list.push('tracestate', tracestate);
  list.push('via', '1.1 islet', 'x-islet-deadline-ms', millisecondsText(passedOnMs(headMs)));
  if (callMs !== undefined) list.push('grpc-timeout', grpcTimeoutFor(callMs));
  return list;
}

/** What is the same in it, whenever the request is. */
export function steadyFields({ method, fields }: RequestHead, origin: RequestOrigin): string[] {
  const { host, passed, framing, acceptsTrailers } = fields;
  const list = [':method', method, ':scheme', 'http', ':authority', host === '' ? 'localhost' : host];
  list.push(':path', origin.target, ...http2Fields(passed), ...http2Fields(whoseText(fields, origin)));
  if (framing.kind === 'length') list.push('content-length', String(framing.length));
  if (acceptsTrailers) list.push('te', 'trailers');
  return list;
}

function millisecondsText(ms: number): string {
  if (ms !== last.ms) {
    last.ms = ms;
    last.text = String(ms);
  }
  return last.text;
}

/** Most requests have all of their timeout left. */
const last = { ms: -1, text: '' };
