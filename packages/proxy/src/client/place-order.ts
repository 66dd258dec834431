import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import type { ProxyErrorCode } from '../errors.ts';
import type { RequestHead } from '../http/request-head.ts';
import { requestId } from '../record/recorder.ts';
import { endRefused, noteRefusal } from '../record/refusal.ts';
import { Trail } from '../record/trail.ts';
import type { Runtime } from '../runtime.ts';
import type { EndpointState } from '../upstream/endpoint.ts';
import type { Surroundings } from './accepted.ts';
import type { ErrorDetails } from './error-response.ts';
import type { ExchangeOrder } from './exchange-order.ts';
import { refresh } from './refresh.ts';
import { RouteMemo } from './route-memo.ts';
import type { ListenerRules } from './rules.ts';
import { Trace } from './trace-context.ts';

export interface Placing {
  readonly rules: ListenerRules;
  readonly clientAddress: string;
  /** It came over TLS. */
  readonly secure: boolean;
  readonly runtime: Runtime;
  /** Of its connection. */
  readonly memo: RouteMemo;
  /** What the client speaks. */
  readonly protocol: 'http/1.1' | 'http/2';
  readonly settle: (endpoint: EndpointState) => void;
}

export type Placed =
  | { readonly kind: 'order'; readonly order: ExchangeOrder }
  | { readonly kind: 'nowhere'; readonly details: ErrorDetails };

/** Of all requests of one connection; the rules are those of the moment. */
export function placingOf(
  of: Pick<Placing, 'clientAddress' | 'secure' | 'protocol'>,
  { settle, runtime, rules }: Surroundings,
): Placing {
  return {
    get rules() {
      return rules();
    },
    ...of,
    settle,
    runtime,
    memo: new RouteMemo(of),
  };
}

/** What becomes of a request by the table that is current. `startedAt`: when its head had come. */
export function placeOrder(
  request: RequestHead,
  { rules, clientAddress, secure, settle, runtime, memo, protocol }: Placing,
  startedAt: number,
): Placed {
  const { deadlineMs, explain, traceparent, tracestate, requestId: given } = request.fields;
  const { from } = rules;
  const asked = runtime.recorder.mayAsk(from, explain);
  const id = requestId(given, { trusted: from.kind !== 'gateway' || asked });
  const trace = new Trace(traceparent, tracestate);
  const spoken = request.fields.grpc ? 'grpc' : request.http10 ? 'http/1.0' : protocol;
  const destination = memo.find(request, rules);
  if (destination.kind === 'nowhere') {
    const { code, message, fields } = destination;
    const edge = rules.ownEdge;
    edge.counts.error(code);
    const trail = new Trail({
      startedAt,
      edge,
      id,
      trace,
      clientAddress,
      asked,
      protocol: spoken,
      method: request.method,
      path: request.path,
      route: undefined,
      way: undefined,
      log: DEFAULT_TRAFFIC.accessLog,
    });
    endRefused(trail, code, runtime);
    return { kind: 'nowhere', details: { code, message, fields, service: undefined, requestId: id } };
  }
  const { service, edge, target, way, named, counts, idempotent, steady } = destination;
  // Written out, because this is made for each request: a spread copies field by field.
  const order = {
    request,
    service,
    edge,
    rules,
    way,
    policy: way.policy,
    trail: new Trail({
      startedAt,
      edge,
      id,
      trace,
      clientAddress,
      protocol: spoken,
      method: request.method,
      path: request.path,
      route: named,
      way,
      log: way.policy.accessLog,
      asked,
      counts,
    }),
    origin: { from, clientAddress, requestId: id, trace, isMirror: false, secure, target, steady },
    client: from.kind === 'edge' ? from.caller : clientAddress,
    // The public is not believed.
    callerHasMs: from.kind === 'gateway' ? undefined : deadlineMs,
    idempotent,
    runtime,
    settle,
    refresh,
  };
  const waitedMs = runtime.now() - startedAt;
  if (waitedMs > 0) order.trail.waited(waitedMs);
  return { kind: 'order', order };
}

/** Counts a request that is refused for how it is written, and notes it where nothing else does. `isPlaced`: an exchange had begun. */
export function countRefusal(
  { rules, clientAddress, protocol, runtime }: Placing,
  code: ProxyErrorCode,
  { isPlaced }: { readonly isPlaced: boolean },
): void {
  const edge = rules.ownEdge;
  edge.counts.error(code);
  if (!isPlaced) noteRefusal({ edge, clientAddress, protocol }, code, runtime);
}
