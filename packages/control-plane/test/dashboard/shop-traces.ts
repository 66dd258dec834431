import type { ExplainedRequest, LogRecord, Span, TraceSummary } from '@islet/client';
import { NOW } from './shop.ts';

/* The shop's traces and logs. */

export const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const OTHER_TRACE = '5cf92f3577b34da6a3ce929d0e0e4737';

export function traces(): TraceSummary[] {
  return Array.from({ length: 40 }, (_, index) => ({
    trace: index === 0 ? TRACE : index === 1 ? OTHER_TRACE : `${index.toString(16).padStart(2, '0')}${TRACE.slice(2)}`,
    at: NOW - index * 83_000 - ((index * index * 7919) % 41_000),
    totalMs: index === 0 ? 412 : index % 13 === 5 ? 640 : 4 + ((index * index * 37) % 90),
    root: {
      service: 'web',
      name: index % 3 === 0 ? 'POST /checkout' : 'GET /products',
      route: index % 3 === 0 ? '/checkout' : '/products',
    },
    services: index % 3 === 0 ? ['web', 'orders', 'catalog', 'payments'] : ['web', 'catalog'],
    spans: index % 3 === 0 ? 9 : 4,
    errors: index === 0 || index === 6 ? 1 : 0,
    kept: index === 0 || index === 6 ? 'error' : index % 13 === 5 ? 'slow' : 'sample',
  }));
}

function span(
  id: string,
  parent: string | undefined,
  service: string,
  name: string,
  [start, end]: readonly [number, number],
  more: Partial<Span> = {},
): Span {
  return {
    trace: TRACE,
    span: id,
    service,
    name,
    kind: 'server',
    source: 'proxy',
    at: NOW + start,
    endAt: NOW + end,
    status: 'unset',
    attributes: {},
    events: [],
    revision: '3f9a2c1d04',
    instance: `${service}-3f9a2c1d04.0-1`,
    ...(parent === undefined ? {} : { parent }),
    ...more,
  };
}

export function trace(wanted: string) {
  const isShort = wanted !== TRACE;
  const spans: Span[] = [
    span('a1', undefined, 'web', 'POST /checkout', [0, isShort ? 88 : 412], {
      status: 'error',
      attributes: { 'http.response.status_code': 502, 'http.route': '/checkout' },
    }),
    span('a2', 'a1', 'orders', 'POST /orders', [4, isShort ? 80 : 405], {
      status: 'error',
      message: 'payment was not captured',
    }),
    span('a3', 'a2', 'catalog', 'GET /products/{sku}', [9, 31]),
    span('a4', 'a3', 'catalog', 'SELECT products', [12, 26], {
      kind: 'client',
      source: 'otlp',
      attributes: { 'db.system': 'postgresql', 'db.statement': 'SELECT * FROM products WHERE sku = $1' },
    }),
    span('a5', 'a2', 'payments', 'POST /captures', [36, isShort ? 60 : 210], {
      status: isShort ? 'ok' : 'error',
      message: 'card processor timed out',
    }),
    ...(isShort
      ? []
      : [
          span('a6', 'a2', 'payments', 'POST /captures', [230, 398], {
            status: 'error',
            attributes: { 'islet.try': 2 },
          }),
        ]),
  ];
  return {
    trace: wanted,
    spans,
    logs: logs().filter((log) => log.trace === TRACE),
    requests: isShort ? [] : requests(),
  };
}

function requests(): ExplainedRequest[] {
  return [
    {
      id: 'req-1',
      trace: TRACE,
      at: NOW + 36,
      from: 'edge',
      caller: 'orders',
      service: 'payments',
      route: 'POST /captures',
      protocol: 'http/1.1',
      method: 'POST',
      path: '/captures',
      status: 504,
      bytesIn: 210,
      bytesOut: 64,
      kept: 'error',
      timings: { queue: 0.1, connect: 0.4, firstByte: 360, total: 362 },
      tries: [
        { instance: 'payments-3f9a2c1d04.0-2', revision: '3f9a2c1d04', start: 0, end: 174, outcome: 'timeout' },
        { instance: 'payments-3f9a2c1d04.0-1', revision: '3f9a2c1d04', start: 194, end: 362, outcome: 504 },
      ],
      decisions: [
        {
          rule: 'traffic.timeout.perTry',
          at: 174,
          why: '174 ms are over',
          instance: 'payments-3f9a2c1d04.0-2',
          from: 'services/payments/service.yaml:18',
        },
        { rule: 'traffic.retry', at: 176, why: '1 of 1 retries; 3 of 20 % of the budget', from: 'default' },
        {
          rule: 'traffic.outlier',
          at: 363,
          why: '5 failures in a row',
          instance: 'payments-3f9a2c1d04.0-2',
          from: 'default',
        },
      ],
    },
  ];
}

export function logs(): LogRecord[] {
  const log = (
    offset: number,
    service: string,
    level: LogRecord['level'],
    text: string,
    more: Partial<LogRecord> = {},
  ): LogRecord => ({
    id: `${service}-${offset}`,
    at: NOW + offset,
    service,
    instance: `${service}-3f9a2c1d04.0-1`,
    revision: '3f9a2c1d04',
    stream: 'output',
    text,
    ...(level === undefined ? {} : { level }),
    ...more,
  });
  return [
    log(
      404,
      'orders',
      'error',
      'Error: payment was not captured\n    at capture (src/payments.ts:41:11)\n    at async place (src/orders.ts:88:5)',
      { trace: TRACE, span: 'a2' },
    ),
    log(212, 'payments', 'warn', 'card processor timed out after 174 ms, tries again', { trace: TRACE, span: 'a5' }),
    log(10, 'catalog', 'info', 'sku pine-key read in 14 ms', { trace: TRACE, span: 'a3' }),
    log(-2_000, 'web', 'info', 'GET /products 200 12 ms'),
    log(-3_400, 'web', 'debug', 'cache hit products:page:1'),
    log(
      -9_000,
      'notifications',
      'fatal',
      'Traceback (most recent call last):\n  File "main.py", line 31, in <module>\n    smtp.connect(host)\nConnectionRefusedError: [Errno 111] Connection refused',
    ),
    log(-9_500, 'notifications', undefined, 'starting on port 20151'),
    log(-14_000, 'orders', 'info', 'order 1042 placed, 3 items'),
  ];
}
