import { randomFillSync } from 'node:crypto';

/** What is sent on: the caller's trace where it has a valid one, else a new one (W3C Trace Context, 3.2 and 4.3). */
export interface TraceContext {
  readonly traceparent: string;
  readonly tracestate: string | undefined;
}

export function traceContext(traceparent: string | undefined, tracestate: string | undefined): TraceContext {
  if (traceparent !== undefined && isValid(traceparent)) return { traceparent, tracestate };
  return { traceparent: `00-${randomHex(16)}-${randomHex(8)}-01`, tracestate: undefined };
}

/** A request id of the caller's is kept where it can be put into a log line as it is. */
export function requestId(given: string | undefined): string {
  return given !== undefined && REQUEST_ID.test(given) ? given : randomHex(8);
}

function isValid(traceparent: string): boolean {
  const match = TRACEPARENT.exec(traceparent);
  if (match === null) return false;
  const [, version, trace, span, rest] = match;
  if (version === 'ff' || trace === ZERO_TRACE || span === ZERO_SPAN) return false;
  return version !== '00' || rest === undefined;
}

/** Random bytes are drawn for many ids at once: a draw of its own costs a request a microsecond. */
function randomHex(bytes: number): string {
  if (used + bytes > POOL.length) {
    randomFillSync(POOL);
    used = 0;
  }
  used += bytes;
  return POOL.toString('hex', used - bytes, used);
}

const POOL = Buffer.allocUnsafeSlow(8192);
let used = POOL.length;

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/;
const ZERO_TRACE = '0'.repeat(32);
const ZERO_SPAN = '0'.repeat(16);
const REQUEST_ID = /^[\w.:+/=-]{1,128}$/;
