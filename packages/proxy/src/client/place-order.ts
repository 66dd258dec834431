import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import type { RequestHead } from '../http/request-head.ts';
import { requestId } from '../record/recorder.ts';
import { endRefused } from '../record/refusal.ts';
import { Trail } from '../record/trail.ts';
import type { Runtime } from '../runtime.ts';
import type { EndpointState } from '../upstream/endpoint.ts';
import type { ErrorDetails } from './error-response.ts';
import type { ExchangeOrder } from './exchange-order.ts';
import { refresh } from './refresh.ts';
import type { ListenerRules } from './rules.ts';
import { Trace } from './trace-context.ts';

export interface Placing {
  readonly rules: ListenerRules;
  readonly clientAddress: string;
  readonly runtime: Runtime;
  /** What the client speaks. */
  readonly protocol: 'http/1.1' | 'http/2';
  readonly settle: (endpoint: EndpointState) => void;
}

export type Placed =
  | { readonly kind: 'order'; readonly order: ExchangeOrder }
  | { readonly kind: 'nowhere'; readonly details: ErrorDetails };

/** What becomes of a request by the table that is current. */
export function placeOrder(request: RequestHead, { rules, clientAddress, settle, runtime, protocol }: Placing): Placed {
  const { deadlineMs, explain, traceparent, tracestate, requestId: given } = request.fields;
  const { from } = rules;
  const asked = runtime.recorder.mayAsk(from, explain);
  const id = requestId(given, { trusted: from.kind !== 'gateway' || asked });
  const trace = new Trace(traceparent, tracestate);
  const start = {
    ...{ startedAt: runtime.now(), id, trace, clientAddress, asked },
    protocol: request.fields.grpc ? 'grpc' : request.http10 ? 'http/1.0' : protocol,
    method: request.method,
    path: request.path,
  } as const;
  const destination = rules.route(request);
  if (destination.kind === 'nowhere') {
    const { code, message } = destination;
    const edge = rules.ownEdge;
    edge.counts.error(code);
    endRefused(new Trail({ ...start, edge, route: undefined, log: DEFAULT_TRAFFIC.accessLog }), code, runtime);
    return { kind: 'nowhere', details: { code, message, service: undefined, requestId: id } };
  }
  const { service, edge, target, route } = destination;
  const order = {
    ...{ request, service, edge, settle, refresh, rules },
    policy: service.traffic,
    trail: new Trail({ ...start, edge, route, log: service.traffic.accessLog }),
    origin: { from, clientAddress, requestId: id, trace, isMirror: false, target },
    client: from.kind === 'edge' ? from.caller : clientAddress,
    // The public is not believed.
    callerHasMs: from.kind === 'gateway' ? undefined : deadlineMs,
  };
  return { kind: 'order', order };
}
