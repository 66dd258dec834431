import type { LogRow, MetricRow, RowOf, Signal, SpanRow, TraceRow } from '@islet/telemetry/measure';

/*
 * A week of a system of twenty services, as its telemetry would stand on the disk: each row can be told by its number, so
 * that a question is known to have an answer, and rows can be made by several threads at once.
 */

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const SERVICES_OF_ALL = Array.from({ length: 20 }, (_, index) => `service-${String(index + 1).padStart(2, '0')}`);

/** How much of everything there is; times are milliseconds since the epoch. */
export interface Stock {
  readonly from: number;
  readonly to: number;
  readonly services: readonly string[];
  /** Of all services together. */
  readonly logs: number;
  readonly traces: number;
}

const SPANS_OF_TRACE = 5;
/** Of one service in one step: what the proxy counts of two callers, three routes, two instances and a revision, and usage. */
const ROUTES = ['GET /orders', 'POST /orders', 'GET /orders/{id}'] as const;
const TIERS = [
  { signal: 'metrics-10s', stepMs: 10_000, keptMs: DAY },
  { signal: 'metrics-1m', stepMs: MINUTE, keptMs: 7 * DAY },
] as const;

/** A week's, up to an instant. `share`: of fifty million records. */
export function stockTo(to: number, share: number): Stock {
  const services = SERVICES_OF_ALL.slice(0, Math.max(2, Math.round(SERVICES_OF_ALL.length * share)));
  return { from: to - 7 * DAY, to, services, logs: Math.round(34e6 * share), traces: Math.round(1.6e6 * share) };
}

/** Rows of one service, in the order in which they came. */
export type RowsOf = { readonly [S in Signal]?: (service: number) => Iterable<RowOf[S]> };

export function rowsOf(stock: Stock): RowsOf {
  return {
    logs: (service) => logs(stock, service),
    spans: (service) => spans(stock, service),
    traces: (service) => traces(stock, service),
    'metrics-10s': (service) => metrics(stock, service, TIERS[0]),
    'metrics-1m': (service) => metrics(stock, service, TIERS[1]),
  };
}

function* logs(stock: Stock, service: number): Generator<LogRow> {
  const { from, to, services } = stock;
  const own = stock.logs / services.length;
  const stepMs = (to - from) / own;
  for (let nth = 0; nth < own; nth++) {
    const number = nth * services.length + service;
    const failed = number % 1_009 === 0;
    const instance = number % 2;
    yield {
      ...whose(stock, service, instance),
      stream: 'output',
      at: from + nth * stepMs,
      level: failed ? 'error' : number % 101 === 0 ? 'warn' : 'info',
      text: failed
        ? `order ${number} failed: payment was not captured: upstream timed out`
        : `order ${number} ${VERBS[number % VERBS.length]}`,
      trace: number % 4 === 0 ? hex(traceAt(stock, number), 32) : '',
      span: '',
      attributes: `{"req":"${hex(number, 12)}","method":"GET","path":"/orders/${number % 9_973}","status":${failed ? 500 : 200},"ms":${((number * 7919) % 10_007) / 100}}`,
    };
  }
}

const VERBS = ['placed', 'read', 'listed', 'paid', 'shipped', 'cancelled'] as const;

/** The trace of a request goes through five services, the one that it begins at first. */
function* spans(stock: Stock, service: number): Generator<SpanRow> {
  const { services } = stock;
  for (let round = 0; round * services.length < stock.traces; round++) {
    for (let nth = 0; nth < SPANS_OF_TRACE; nth++) {
      const trace = round * services.length + ((service - nth + SPANS_OF_TRACE * services.length) % services.length);
      if (trace < stock.traces) yield spanOf(stock, service, trace, nth);
    }
  }
}

function spanOf(stock: Stock, service: number, trace: number, nth: number): SpanRow {
  const at = instantOf(stock, trace) + nth;
  return {
    ...whose(stock, service, trace % 2),
    trace: hex(trace, 32),
    span: hex(trace * 8 + nth, 16),
    parent: nth === 0 ? '' : hex(trace * 8 + nth - 1, 16),
    name: ROUTES[trace % ROUTES.length] ?? '',
    kind: 'server',
    source: 'otlp',
    at,
    endAt: at + tookMs(trace) - nth,
    status: hasFailed(trace) ? 'error' : 'unset',
    message: '',
    attributes: `{"http.request.method":"GET","http.route":"/orders","url.path":"/orders/${trace % 9_973}","customer":"c${trace % 20_011}","server.address":"127.0.0.1","http.response.status_code":200}`,
    events: '',
  };
}

function* traces(stock: Stock, service: number): Generator<TraceRow> {
  const { services } = stock;
  for (let trace = service; trace < stock.traces; trace += services.length) {
    const through = Array.from({ length: SPANS_OF_TRACE }, (_, nth) => services[(service + nth) % services.length]);
    yield {
      trace: hex(trace, 32),
      at: instantOf(stock, trace),
      totalMs: tookMs(trace),
      service: services[service] ?? '',
      name: ROUTES[trace % ROUTES.length] ?? '',
      route: '/orders',
      revision: REVISION,
      services: [...new Set(through)].sort().join('\n'),
      spans: SPANS_OF_TRACE,
      errors: hasFailed(trace) ? 1 : 0,
      kept: hasFailed(trace) ? 'error' : 'sample',
    };
  }
}

function* metrics(
  { to, services }: Stock,
  service: number,
  { stepMs, keptMs }: (typeof TIERS)[number],
): Generator<MetricRow> {
  for (let at = Math.ceil((to - keptMs) / stepMs) * stepMs; at < to; at += stepMs) {
    for (const [name, kind, unit, labels] of SERIES) {
      const value = (at / stepMs + service * 31 + labels.length) % 97;
      const buckets = kind === 'histogram' ? BUCKETS[value % BUCKETS.length] : undefined;
      yield {
        at,
        service: services[service] ?? '',
        name,
        labels,
        unit,
        kind,
        sum: buckets?.sum ?? value,
        count: buckets?.count ?? 1,
        min: value,
        max: value,
        buckets: buckets?.text ?? '',
      };
    }
  }
}

const REVISION = '3f9a2c1d04';
const SCOPES = [
  ...['gateway', 'web'].map((caller) => ({ caller, scope: 'edge' })),
  ...ROUTES.map((route) => ({ caller: 'web', route, scope: 'route' })),
  ...[0, 1].map((instance) => ({ instance: `i-${instance}`, revision: REVISION, scope: 'instance' })),
  { revision: REVISION, scope: 'revision' },
].map((labels) => JSON.stringify(labels));
type Series = readonly [name: string, kind: MetricRow['kind'], unit: string, labels: string];
const SERIES: readonly Series[] = [
  ...SCOPES.flatMap((labels): readonly Series[] => [
    ['requests', 'sum', '1', labels],
    ['errors', 'sum', '1', labels],
    ['in-flight', 'gauge', '1', labels],
    ['latency', 'histogram', 'ms', labels],
  ]),
  ...[0, 1].flatMap((instance): readonly Series[] => [
    ['cpu', 'gauge', '1', `{"instance":"i-${instance}"}`],
    ['memory', 'gauge', 'By', `{"instance":"i-${instance}"}`],
  ]),
];
const BUCKETS = Array.from({ length: 7 }, (_, seed) => {
  const pairs = Array.from(
    { length: 9 },
    (_, index) => [180 + seed + index * 3, 1 + ((seed + index * 5) % 17)] as const,
  );
  return {
    text: JSON.stringify(pairs),
    count: pairs.reduce((sum, [, count]) => sum + count, 0),
    sum: 41_000 + seed * 977,
  };
});

/** Rows that there are of all services together. */
export function recordsIn(stock: Stock): number {
  const steps = TIERS.reduce((sum, { keptMs, stepMs }) => sum + keptMs / stepMs, 0);
  return stock.logs + stock.traces * (SPANS_OF_TRACE + 1) + steps * SERIES.length * stock.services.length;
}

/** The trace that is under way when a line is written. */
function traceAt({ logs, traces }: Stock, line: number): number {
  return Math.floor((line * traces) / logs);
}

function whose({ services }: Stock, service: number, instance: number) {
  const name = services[service] ?? '';
  return { service: name, instance: `${name}-${REVISION}.0-${instance}`, revision: REVISION };
}

function instantOf({ from, to, traces }: Stock, trace: number): number {
  return from + (trace * (to - from)) / traces;
}

function tookMs(trace: number): number {
  return 5 + ((trace * 7919) % 1_009);
}

function hasFailed(trace: number): boolean {
  return trace % 499 === 0;
}

/** Hexadecimal of a number, which nobody can compress (the finaliser of MurmurHash3, once for each eight digits). */
export function hex(number: number, digits: number): string {
  let text = '';
  for (let part = 0; text.length < digits; part++) {
    let value = Math.imul(number ^ (part * 0x9e3779b9), 0x85ebca6b) ^ Math.floor(number / 2 ** 32);
    value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
    value ^= value >>> 16;
    text += (value >>> 0).toString(16).padStart(8, '0');
  }
  return text.slice(0, digits);
}
