import { type RequestRecord, trySpan } from '@islet/policy';
import { GATEWAY } from '../metrics/proxy-metrics.ts';
import type { SpanRow } from '../store/rows.ts';
import { KEPT_ATTRIBUTE } from '../store/sampling.ts';

/** On the span of a request: the record itself, which says what was decided. */
export const RECORD_ATTRIBUTE = 'islet.record';

/**
 * A line of the access log as spans: one for the request as its caller felt it, and one below it for each try, which is the
 * parent of what the instance itself sends. The ids are those that the proxy told both sides (W3C Trace Context).
 */
export function requestSpans(record: RequestRecord): SpanRow[] {
  const service = record.service ?? GATEWAY;
  const { trace, span, at, timings, method = '', path, route, status, error, kept } = record;
  const failed = error !== undefined || (status ?? 0) >= 500;
  const common = { trace, source: 'proxy', service, events: '' } as const;
  const attributes = {
    'http.request.method': method,
    'url.path': path,
    'http.route': route,
    'http.response.status_code': status,
    'rpc.grpc.status_code': record.grpcStatus,
    'network.protocol.name': record.protocol,
    'client.address': record.client,
    'islet.caller': record.caller ?? record.from,
    'islet.request': record.id,
    'islet.bytes.in': record.bytesIn,
    'islet.bytes.out': record.bytesOut,
    'islet.queue.ms': record.timings.queue === 0 ? undefined : record.timings.queue,
    'error.type': error,
    [KEPT_ATTRIBUTE]: kept,
    [RECORD_ATTRIBUTE]: JSON.stringify(record),
  };
  const request: SpanRow = {
    ...common,
    span,
    parent: record.parent ?? '',
    revision: '',
    instance: '',
    name: [method || record.protocol, route ?? ''].join(' ').trim(),
    kind: 'server',
    at,
    endAt: at + timings.total,
    status: failed ? 'error' : 'unset',
    message: error ?? '',
    attributes: JSON.stringify(attributes),
  };
  const tries = record.tries.map(
    (one, index): SpanRow => ({
      ...common,
      span: trySpan(span, index + 1),
      parent: span,
      revision: one.revision,
      instance: one.instance,
      name: `try ${index + 1}`,
      kind: 'client',
      at: at + one.start,
      endAt: at + one.end,
      // What a retry has healed is no error of the trace, and yet one of the try: its message says so.
      status: failed && index === record.tries.length - 1 ? 'error' : 'unset',
      message: typeof one.outcome === 'string' ? one.outcome : '',
      attributes: JSON.stringify({
        'http.response.status_code': typeof one.outcome === 'number' ? one.outcome : undefined,
        'error.type': typeof one.outcome === 'string' ? one.outcome : undefined,
        'islet.probe': one.probe,
      }),
    }),
  );
  return [request, ...tries];
}
