import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { Histogram } from '@islet/policy';
import { encodeLogs, encodeSpans } from '../src/forward/encode.ts';
import { MetricEncoder, metricToSend } from '../src/forward/encode-metrics.ts';
import { logRow, metricRow, spanId, spanRow, temporary, traceId } from './support.ts';

/* What is forwarded, read by OpenTelemetry's own messages: Python's, as they are published on PyPI. */

const READ = `
import json, sys
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
kinds = {'traces': ExportTraceServiceRequest, 'logs': ExportLogsServiceRequest, 'metrics': ExportMetricsServiceRequest}
message = kinds[sys.argv[1]].FromString(sys.stdin.buffer.read())
print(json.dumps(MessageToDict(message)))
`;
const AT = Date.UTC(2026, 10, 27, 9) + 0.125;
const NANOS = `${BigInt(Math.round(AT * 1000)) * 1000n}`;
const plain = (text: string) => text;
const base64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64');

test("OpenTelemetry's own messages say what was forwarded", (t) => {
  const folder = temporary(t);
  const python = join(folder, 'bin/python');
  const made = spawnSync('sh', ['-c', `python3 -m venv . && bin/pip install -q opentelemetry-proto`], { cwd: folder });
  assert.equal(made.status, 0, `this tier needs opentelemetry-proto from PyPI: ${made.stderr}`);
  const read = (signal: string, bytes: Uint8Array) => {
    const { status, stdout, stderr } = spawnSync(python, ['-c', READ, signal], { input: bytes, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout);
  };

  const ids = { trace: traceId(1), span: spanId(1), parent: spanId(2), at: AT };
  const events = JSON.stringify([{ at: AT, name: 'exception', attributes: { 'exception.type': 'RangeError' } }]);
  const span = spanRow({ ...ids, status: 'error', message: 'no', attributes: '{"n":7,"part":0.5,"yes":true}', events });
  const [{ resource, scopeSpans }] = read('traces', encodeSpans([span], 'shop', plain)).resourceSpans;
  assert.deepEqual(resource.attributes[0], { key: 'service.name', value: { stringValue: 'orders' } });
  assert.deepEqual(scopeSpans[0].spans, [
    {
      traceId: base64(ids.trace),
      spanId: base64(ids.span),
      parentSpanId: base64(ids.parent),
      name: 'GET /orders',
      kind: 'SPAN_KIND_SERVER',
      startTimeUnixNano: NANOS,
      endTimeUnixNano: `${BigInt(NANOS) + 5_000_000n}`,
      attributes: [
        { key: 'n', value: { intValue: '7' } },
        { key: 'part', value: { doubleValue: 0.5 } },
        { key: 'yes', value: { boolValue: true } },
      ],
      events: [
        {
          timeUnixNano: NANOS,
          name: 'exception',
          attributes: [{ key: 'exception.type', value: { stringValue: 'RangeError' } }],
        },
      ],
      status: { message: 'no', code: 'STATUS_CODE_ERROR' },
    },
  ]);

  const log = logRow({ at: AT, text: 'paid', level: 'warn', trace: ids.trace, span: ids.span });
  assert.deepEqual(read('logs', encodeLogs([log], 'shop', plain)).resourceLogs[0].scopeLogs[0].logRecords, [
    {
      timeUnixNano: NANOS,
      observedTimeUnixNano: NANOS,
      body: { stringValue: 'paid' },
      severityNumber: 'SEVERITY_NUMBER_WARN',
      severityText: 'WARN',
      traceId: base64(ids.trace),
      spanId: base64(ids.span),
    },
  ]);

  const latency = new Histogram();
  for (const ms of [1, 2, 2, 300]) latency.record(ms * 1000);
  const { sum, count, buckets } = latency.toJSON();
  const rows = [
    metricRow({ at: AT, sum: 3 }),
    metricRow({ at: AT, sum: 0.5, kind: 'gauge', name: 'cpu', unit: 'cores' }),
    metricRow({ at: AT, kind: 'histogram', name: 'latency', unit: 'ms', sum, count, buckets: JSON.stringify(buckets) }),
  ].map((row) => metricToSend(row, 'islet'));
  const { metrics } = read('metrics', new MetricEncoder().encode(rows, 'shop', plain)).resourceMetrics[0]
    .scopeMetrics[0];
  const [requests, cpu, took] = metrics;
  const temporality = 'AGGREGATION_TEMPORALITY_CUMULATIVE';
  assert.deepEqual(
    [requests.name, requests.sum.aggregationTemporality, requests.sum.isMonotonic],
    ['islet.requests', temporality, true],
  );
  assert.equal(requests.sum.dataPoints[0].asDouble, 3);
  assert.deepEqual([cpu.unit, cpu.gauge.dataPoints[0].asDouble], ['{core}', 0.5]);
  const [point] = took.exponentialHistogram.dataPoints;
  assert.deepEqual([point.count, point.sum], ['4', 305]);
  // The bucket that a value is in, by OpenTelemetry's own rule: (base^index, base^(index + 1)].
  const counts = (point.positive.bucketCounts as string[]).map(Number);
  const indexes = counts.flatMap((own, at) => new Array<number>(own).fill((point.positive.offset ?? 0) + at));
  const bounds = indexes.map((index) => 2 ** ((index + 1) * 2 ** -point.scale));
  for (const [at, ms] of [1, 2, 2, 300].entries()) {
    const bound = bounds[at] ?? 0;
    assert(bound >= ms && bound < ms * 1.06, `${ms} ms is told as at most ${bound}`);
  }
});
