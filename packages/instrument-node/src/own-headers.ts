/** A request of undici, as far as this goes: name and value in turn; of old versions, lines. */
export interface Asking {
  headers: string | (string | string[])[];
}

/**
 * Takes out the trace headers that a service hands on by itself. It may have done so for years, and the agent adds its own,
 * which say the same trace and a nearer parent; a request with two of them belongs to none (W3C Trace Context, 3.2).
 */
export function withoutOwnTrace(request: Asking): void {
  if (typeof request.headers === 'string') {
    request.headers = request.headers.replace(/^(?:traceparent|tracestate):[^\r\n]*\r\n/gim, '');
    return;
  }
  for (let at = request.headers.length - 2; at >= 0; at -= 2) {
    if (OF_TRACES.has(String(request.headers[at]).toLowerCase())) request.headers.splice(at, 2);
  }
}

const OF_TRACES: ReadonlySet<string> = new Set(['traceparent', 'tracestate']);
