import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { after, before, describe, it, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Metadata } from '@grpc/grpc-js';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import { Identities } from '../src/otlp/identity.ts';
import { Intake } from '../src/otlp/intake.ts';
import { serveOtlpGrpc } from '../src/serve/otlp-grpc.ts';
import { serveOtlpHttp } from '../src/serve/otlp-http.ts';
import { attributesOf, type LogRow, type MetricRow, type SpanRow } from '../src/store/rows.ts';

/* What stock agents send, by each of OTLP's protocols. */

const identities = new Identities(Buffer.alloc(32, 7));
const WHO = { service: 'orders', instance: 'orders-abc.0-0', revision: 'abc' };
const token = identities.tokenOf(WHO);
/** As `OTEL_EXPORTER_OTLP_HEADERS` gives it to an agent, which decodes it. */
const headers = { authorization: `Bearer ${token}` };

interface Got {
  readonly spans: SpanRow[];
  readonly logs: LogRow[];
  readonly metrics: MetricRow[];
}
let got: Got;
const intake = new Intake({
  identities,
  sink: {
    spans: (_, rows) => void got.spans.push(...rows),
    logs: (_, rows) => void got.logs.push(...rows),
    metrics: (_, rows) => void got.metrics.push(...rows),
  },
  now: Date.now,
});
const http = serveOtlpHttp(intake);
const grpc = serveOtlpGrpc(intake);
const port = (server: Server) => (server.address() as AddressInfo).port;

before(async () => {
  for (const server of [http, grpc] as Server[]) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
});
after(() => {
  http.close();
  http.closeAllConnections();
  grpc.close();
});

function fresh(): void {
  got = { spans: [], logs: [], metrics: [] };
}

async function sendSpans(exporter: SpanExporter): Promise<void> {
  const provider = new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter })] });
  const tracer = provider.getTracer('test');
  const parent = tracer.startSpan('GET /orders/{id}', {
    kind: 1,
    attributes: { 'http.route': '/orders/{id}', big: 2 ** 40, ratio: 0.5, yes: true, list: ['a', 'b'] },
  });
  parent.recordException(new TypeError('no such order'));
  parent.setStatus({ code: 2, message: 'no such order' });
  parent.end();
  await provider.shutdown();
}

describe('spans of the stock SDK', () => {
  for (const [name, make] of [
    ['protobuf', () => new ProtobufExporter({ url: `http://127.0.0.1:${port(http)}/v1/traces`, headers })],
    [
      'protobuf, compressed',
      () =>
        new ProtobufExporter({
          url: `http://127.0.0.1:${port(http)}/v1/traces`,
          headers,
          compression: 'gzip' as never,
        }),
    ],
    ['JSON', () => new JsonExporter({ url: `http://127.0.0.1:${port(http)}/v1/traces`, headers })],
    ['gRPC', () => new GrpcExporter({ url: `http://127.0.0.1:${port(grpc)}`, metadata: grpcMetadata() })],
  ] as const) {
    it(`are taken over ${name}, with all that they say`, async () => {
      fresh();
      await sendSpans(make());
      const [span] = got.spans;
      assert(span !== undefined);
      assert.match(span.trace, /^[0-9a-f]{32}$/);
      assert.match(span.span, /^[0-9a-f]{16}$/);
      const { name, kind, status, message, source, service, instance, revision } = span;
      assert.deepEqual(
        { name, kind, status, message, source },
        { name: 'GET /orders/{id}', kind: 'server', status: 'error', message: 'no such order', source: 'otlp' },
      );
      assert.deepEqual({ service, instance, revision }, WHO);
      assert.deepEqual(attributesOf(span.attributes), {
        'http.route': '/orders/{id}',
        big: 2 ** 40,
        ratio: 0.5,
        yes: true,
        list: '["a","b"]',
      });
      const [event] = JSON.parse(span.events) as { name: string; attributes: Record<string, string> }[];
      assert.equal(event?.name, 'exception');
      assert.equal(event?.attributes['exception.type'], 'TypeError');
      assert(Math.abs(span.at - Date.now()) < 60_000 && span.endAt >= span.at);
    });
  }
});

function grpcMetadata() {
  // The exporter brings its own gRPC, and this is the class of it that metadata must be of.

  const metadata = new Metadata();
  metadata.set('authorization', headers.authorization);
  return metadata;
}

it('logs are taken with their level, and the trace that they belong to', async () => {
  fresh();
  const exporter = new OTLPLogExporter({ url: `http://127.0.0.1:${port(http)}/v1/logs`, headers });
  const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] });
  provider.getLogger('test').emit({ severityNumber: 17, body: 'it broke', attributes: { order: 7 } });
  provider.getLogger('test').emit({ severityNumber: 9, body: { what: 'a map' } });
  await provider.shutdown();
  const told = got.logs.map(({ level, text, stream, service, attributes }) => ({
    level,
    text,
    stream,
    service,
    attributes,
  }));
  assert.deepEqual(told, [
    { level: 'error', text: 'it broke', stream: 'otlp', service: 'orders', attributes: '{"order":7}' },
    { level: 'info', text: '{"what":"a map"}', stream: 'otlp', service: 'orders', attributes: '' },
  ]);
});

it('counters that count since the beginning become what came since; gauges and histograms stay', async () => {
  fresh();
  const exporter = new OTLPMetricExporter({ url: `http://127.0.0.1:${port(http)}/v1/metrics`, headers });
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  const meter = provider.getMeter('test');
  const orders = meter.createCounter('orders.placed');
  const took = meter.createHistogram('orders.took', { unit: 'ms' });
  meter.createObservableGauge('queue.length').addCallback((result) => result.observe(3));
  const open = meter.createUpDownCounter('orders.open');
  open.add(5);
  orders.add(5);
  took.record(10);
  await reader.forceFlush();
  open.add(-3);
  orders.add(2);
  took.record(40);
  took.record(40);
  await reader.forceFlush();
  await provider.shutdown();
  const sums = got.metrics.filter(({ name }) => name === 'orders.placed').map(({ sum }) => sum);
  // What was counted before the first point is nobody's: it may be hours old.
  assert.equal(sums[0], 2);
  // One that goes down has not begun anew.
  const levels = got.metrics.filter(({ name }) => name === 'orders.open').map(({ kind, sum }) => [kind, sum]);
  assert.deepEqual(
    levels,
    [
      ['gauge', 5],
      ['gauge', 2],
      ['gauge', 2],
    ].slice(0, levels.length),
  );
  const [histogram] = got.metrics.filter(({ name }) => name === 'orders.took');
  assert.equal(histogram?.count, 2);
  assert.equal(histogram?.sum, 80_000);
  assert(got.metrics.some(({ name, kind, sum }) => name === 'queue.length' && kind === 'gauge' && sum === 3));
});

describe('who speaks', () => {
  const body = Buffer.from(
    JSON.stringify({
      resourceSpans: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: 'payments' } }] },
          scopeSpans: [{ spans: [{ traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), name: 'x' }] }],
        },
      ],
    }),
  );

  it('is told by its token alone, and not by what a resource says of itself', async () => {
    fresh();
    assert.equal((await post('/v1/traces', body, headers)).status, 200);
    assert.equal(got.spans[0]?.service, 'orders');
  });

  for (const [name, authorization] of [
    ['nobody', undefined],
    [
      'one with a token of its own making',
      `Bearer ${Buffer.from('payments~p~1').toString('base64url')}.${'A'.repeat(43)}`,
    ],
    [
      'one that changed a name in its token',
      `Bearer ${Buffer.from('payments~orders-abc.0-0~abc').toString('base64url')}.${token.split('.')[1]}`,
    ],
  ] as const) {
    it(`${name} is refused, with what to do`, async () => {
      fresh();
      const answer = await post('/v1/traces', body, authorization === undefined ? {} : { authorization });
      assert.equal(answer.status, 401);
      assert.match(answer.text, /OTEL_EXPORTER_OTLP_HEADERS/);
      assert.deepEqual(got.spans, []);
    });
  }
});

describe('what is no message', () => {
  for (const [name, path, sent, type, status] of [
    ['JSON that is none', '/v1/traces', Buffer.from('{'), 'application/json', 400],
    ['protobuf that is none', '/v1/logs', Buffer.from([0x0a, 0xff, 0xff, 0xff, 0x0f]), 'application/x-protobuf', 400],
    ['another type', '/v1/traces', Buffer.from('x'), 'text/plain', 415],
    ['another path', '/v2/traces', Buffer.from('{}'), 'application/json', 404],
    [
      'a gzip that grows beyond the limit',
      '/v1/traces',
      gzipSync(Buffer.alloc(20 * 1024 * 1024)),
      'application/json',
      400,
    ],
  ] as const) {
    it(`${name} is refused with ${status}`, async () => {
      fresh();
      const coding = sent[0] === 0x1f ? { 'content-encoding': 'gzip' } : {};
      assert.equal((await post(path, sent, { ...headers, 'content-type': type, ...coding })).status, status);
    });
  }

  it('spans whose ids are none are counted as rejected', async () => {
    fresh();
    const spans = [
      { traceId: 'xyz', spanId: '1', name: 'x' },
      { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), name: 'y' },
    ];
    const body = Buffer.from(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }));
    const { text } = await post('/v1/traces', body, headers);
    assert.deepEqual(JSON.parse(text), { partialSuccess: { rejectedSpans: 1 } });
    assert.equal(got.spans.length, 1);
  });

  it('over gRPC it has the status that clients know', async (t: TestContext) => {
    const session = connect(`http://127.0.0.1:${port(grpc)}`);
    t.after(() => session.close());
    const call = session.request({
      ':method': 'POST',
      ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
      'content-type': 'application/grpc',
    });
    call.end(Buffer.from([0, 0, 0, 0, 0]));
    const [answer] = await once(call, 'response');
    assert.equal(answer['grpc-status'], '16');
  });
});

function post(path: string, body: Buffer, extra: Record<string, string>): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { port: port(http), path, method: 'POST', headers: { 'content-type': 'application/json', ...extra } },
      async (response) => {
        let text = '';
        for await (const chunk of response.setEncoding('utf8')) text += chunk;
        resolve({ status: response.statusCode ?? 0, text });
      },
    );
    asked.on('error', reject);
    asked.end(body);
  });
}
