import type { RequestHead } from '../http/request-head.ts';
import type { EndpointState } from '../upstream/endpoint.ts';
import type { ErrorDetails } from './error-response.ts';
import type { ExchangeOrder } from './exchange-order.ts';
import { refresh } from './refresh.ts';
import type { ListenerRules } from './rules.ts';
import { requestId, traceContext } from './trace-context.ts';

export interface Placing {
  readonly rules: ListenerRules;
  readonly clientAddress: string;
  readonly settle: (endpoint: EndpointState) => void;
}

export type Placed =
  | { readonly kind: 'order'; readonly order: ExchangeOrder }
  | { readonly kind: 'nowhere'; readonly details: ErrorDetails };

/** What becomes of a request by the table that is current. */
export function placeOrder(request: RequestHead, { rules, clientAddress, settle }: Placing): Placed {
  const { deadlineMs, traceparent, tracestate, requestId: given } = request.fields;
  const id = requestId(given);
  const destination = rules.route(request);
  if (destination.kind === 'nowhere') {
    const { code, message } = destination;
    rules.ownEdge.counts.error(code);
    return { kind: 'nowhere', details: { code, message, service: undefined, requestId: id } };
  }
  const { service, edge, target } = destination;
  const trace = traceContext(traceparent, tracestate);
  const order = {
    ...{ request, service, edge, settle, refresh, rules },
    policy: service.traffic,
    origin: { from: rules.from, clientAddress, requestId: id, trace, isMirror: false, target },
    client: rules.from.kind === 'edge' ? rules.from.caller : clientAddress,
    // The public is not believed.
    callerHasMs: rules.from.kind === 'gateway' ? undefined : deadlineMs,
  };
  return { kind: 'order', order };
}
