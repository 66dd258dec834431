import type { TrafficRule } from '@islet/policy';

/** The closed set of what the proxy itself can answer or count, with its status and what to do about it. */
export const PROXY_ERRORS = {
  'bad-request': { status: 400, hint: 'send a message that RFC 9112 allows; the proxy refuses every ambiguity' },
  'request-timeout': {
    status: 408,
    hint: 'send the head of the request within 10 s, and its body at 500 bytes a second or more',
  },
  'uri-too-long': { status: 414, hint: 'keep the request target under 16 KiB' },
  'head-too-large': {
    status: 431,
    hint: 'keep the header fields under 32 KiB and 100 fields, and what traffic.limits.requestHeaders of the service allows',
  },
  'body-too-large': {
    status: 413,
    hint: 'send less: traffic.limits.requestBody of the service says how much it takes',
  },
  'length-required': {
    status: 411,
    hint: 'send Content-Length, or let the service answer in HTTP/1.1: in HTTP/1.0 a body without it is up to 64 KiB',
  },
  'response-too-large': { status: 502, hint: 'the service answered with more than its own traffic.limits allow' },
  'http-version': { status: 505, hint: 'use HTTP/2 or HTTP/1.1' },
  'https-only': { status: 308, hint: 'use https: the Location field says where' },
  'tls-required': { status: 400, hint: 'use https: this port takes no plain HTTP' },
  'method-not-supported': { status: 501, hint: 'CONNECT is for forward proxies; call the service itself' },
  'no-route': { status: 404, hint: 'declare the path under `api.expose` in a service.yaml' },
  'unknown-service': { status: 404, hint: 'name a service of this system in the Host header' },
  'not-http': { status: 502, hint: 'call this service over the edge listener of a service that uses it' },
  'no-ready-instance': { status: 503, hint: 'see `islet status` for why no instance is ready' },
  'breaker-open': {
    status: 503,
    hint: 'most of the last calls failed, or were slow: see `islet logs` of the service; it is asked again soon',
  },
  'rate-limited': { status: 429, hint: 'send fewer requests, or wait for as long as Retry-After says' },
  'not-cached': { status: 504, hint: 'nothing fit to use is stored: send the request without only-if-cached' },
  shed: {
    status: 503,
    hint: 'the service refuses most requests: send fewer, or give those that matter a higher traffic.priority',
  },
  overloaded: {
    status: 503,
    hint: 'the caller has as many requests in flight as traffic.limits of the service allows',
  },
  'instance-overloaded': {
    status: 503,
    hint: 'the instance asked for fewer requests (ENHANCE_YOUR_CALM): see its logs, scale the service, or send less',
  },
  'no-instance-reachable': { status: 503, hint: 'see `islet logs`: every instance refused the connection' },
  'connect-timeout': { status: 504, hint: 'see `islet status`: the instance did not take the connection' },
  'response-timeout': { status: 504, hint: 'see `islet logs`: the instance sent no response in time' },
  'deadline-exceeded': {
    status: 504,
    hint: 'the caller gave the whole call less time than it took: see x-islet-deadline-ms',
  },
  'upstream-reset': { status: 502, hint: 'see `islet logs`: the instance closed the connection before it responded' },
  'bad-response': { status: 502, hint: 'the instance sent something that RFC 9112 does not allow' },
  internal: { status: 500, hint: 'report this: it is a mistake in Islet' },
  /** Counted, never sent: it is not known what the connection speaks. */
  'not-passed-on': {
    status: 400,
    hint: 'begin each connection with a PROXY header of version 2, as gateway.proxyProtocol says of this address',
  },
  /** Counted, never sent: there is nothing yet that it could be sent in. */
  'handshake-unfinished': {
    status: 400,
    hint: 'complete the TLS handshake, within 10 s: TLS 1.2 or newer, and a certificate that the client trusts',
  },
  /** Counted, never sent: the client left before the response was complete. */
  'client-gone': { status: 499, hint: '' },
  /** Counted, never sent: the client did not take the response, which was broken off. */
  'client-slow': { status: 499, hint: '' },
  /** Counted, never sent: the response broke off after its head had gone out. */
  'response-cut': { status: 502, hint: '' },
} as const satisfies Record<string, { status: number; hint: string }>;

export type ProxyErrorCode = keyof typeof PROXY_ERRORS;

export interface ProxyErrorOptions {
  readonly cause?: unknown;
  readonly rule?: TrafficRule;
  /** What of the rule: see `rulePlace`. */
  readonly part?: string;
  readonly retryAfterMs?: number;
  /** The counters that decided, for whoever may ask; never sent to others. */
  readonly why?: string;
  /** Fields for the answer, each line with its end. */
  readonly fields?: string;
}

export class ProxyError extends Error {
  readonly code: ProxyErrorCode;
  /** The rule of the traffic policy that decided so. */
  readonly rule: TrafficRule | undefined;
  readonly part: string;
  /** When it is worth trying again; undefined: not known. */
  readonly retryAfterMs: number | undefined;
  readonly fields: string;
  readonly why: string | undefined;

  constructor(code: ProxyErrorCode, message: string, options: ProxyErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = 'ProxyError';
    this.code = code;
    this.rule = options.rule;
    this.part = options.part ?? '';
    this.retryAfterMs = options.retryAfterMs;
    this.fields = options.fields ?? '';
    this.why = options.why;
  }

  /** Any thrown value as a `ProxyError`. */
  static from(thrown: unknown): ProxyError {
    if (thrown instanceof ProxyError) return thrown;
    return new ProxyError('internal', 'the proxy failed on this message', { cause: thrown });
  }
}
