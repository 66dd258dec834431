import { STATUS_CODES } from 'node:http';
import type { FallbackSpec, FallbackTarget } from '@islet/spec';
import { PROXY_ERRORS, type ProxyError, type ProxyErrorCode } from '../errors.ts';
import { NO_BODY } from '../http/framing.ts';
import type { RequestHead } from '../http/request-head.ts';
import type { ResponseHead } from '../http/response-head.ts';
import { Trail } from '../record/trail.ts';
import type { ExchangeOrder } from './exchange-order.ts';
import type { WholeResponse } from './reply.ts';

/** What a caller gets instead of the answer that there is. */
export type Fallback =
  | { readonly kind: 'respond'; readonly response: WholeResponse }
  | { readonly kind: 'service'; readonly order: ExchangeOrder };

/** Undefined: it gets the error. */
export function fallbackOfError(order: ExchangeOrder, error: ProxyError, now: number): Fallback | undefined {
  const { fallback } = order.policy;
  const isOwn = PROXY_ERRORS[error.code].status >= 500 && !BY_THE_CLIENTS_WILL.has(error.code);
  return fallback?.unanswered && isOwn ? fallbackOf(order, fallback, { error, now }) : undefined;
}

/** Undefined: it gets what the service has answered. */
export function fallbackOfStatus(order: ExchangeOrder, status: number, now: number): Fallback | undefined {
  const { fallback } = order.policy;
  if (!fallback?.statuses.includes(status)) return undefined;
  return fallbackOf(order, fallback, { error: undefined, now });
}

/** A response of a service that stands in for another says so. */
export function marked(head: ResponseHead, { origin, service }: ExchangeOrder): ResponseHead {
  if (origin.inNameOf === undefined) return head;
  return { ...head, passed: `${head.passed}x-islet-fallback: ${service.name}\r\n` };
}

interface Cause {
  readonly error: ProxyError | undefined;
  readonly now: number;
}

function fallbackOf(order: ExchangeOrder, { to }: FallbackSpec, { error, now }: Cause): Fallback | undefined {
  if (to.kind === 'respond') return { kind: 'respond', response: responseOf(to, order, error) };
  const { request, rules, service, origin, trail, askedBefore = [] } = order;
  const isCircle = to.service === service.name || askedBefore.includes(to.service);
  const isRead = READING.has(request.method) && request.fields.framing.kind === 'none' && !request.fields.upgrade;
  const callerHasMs = order.callerHasMs === undefined ? undefined : order.callerHasMs - (now - trail.start.startedAt);
  const other =
    isRead && !isCircle && (callerHasMs ?? 1) > 0
      ? rules.another(to.service, service.name, { method: request.method, target: origin.target })
      : undefined;
  if (other === undefined) return undefined;
  const { edge, way } = other;
  const own = { service: other.service, edge, way, policy: way.policy };
  const counts = way.route === undefined ? undefined : edge.countsOf(way.route);
  const { accessLog: log } = way.policy;
  const start = { ...trail.start, startedAt: now, edge, way, route: way.route, counts, log, standsInFor: trail };
  return {
    kind: 'service',
    order: {
      ...order,
      ...own,
      callerHasMs,
      trail: new Trail(start),
      client: service.name,
      askedBefore: [...askedBefore, service.name],
      origin: { ...origin, inNameOf: service.name },
    },
  };
}

function responseOf(
  { status, type, body }: Extract<FallbackTarget, { kind: 'respond' }>,
  { request }: ExchangeOrder,
  error: ProxyError | undefined,
): WholeResponse {
  const bytes = Buffer.from(body);
  const isBodiless = status === 204 || status === 304;
  const passed =
    `Content-Type: ${type}\r\nDate: ${new Date().toUTCString()}\r\nCache-Control: no-store\r\n` +
    `x-islet-fallback: respond\r\n` +
    (error === undefined ? '' : `x-islet-error: ${error.code}\r\n`);
  return {
    head: {
      status,
      passed,
      reason: STATUS_CODES[status] ?? '',
      keepAliveMs: undefined,
      http10: false,
      upgrade: undefined,
      retryAfter: undefined,
      grpcStatus: undefined,
      grpcPushback: undefined,
      hasRequestId: false,
      streams: false,
      events: false,
      announcesTrailers: false,
      framing: isBodiless || isHead(request) ? NO_BODY : { kind: 'length', length: bytes.length },
      toldLength: isHead(request) && !isBodiless ? bytes.length : undefined,
    },
    body: isBodiless || isHead(request) ? undefined : bytes,
  };
}

function isHead({ method }: RequestHead): boolean {
  return method === 'HEAD';
}

/** The client has asked for it, by `only-if-cached`. */
const BY_THE_CLIENTS_WILL: ReadonlySet<ProxyErrorCode> = new Set(['not-cached']);
/** What another service may be asked as well: nothing is done twice, nor in two places. */
const READING: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
