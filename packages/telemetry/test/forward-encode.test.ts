import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Histogram } from '@islet/policy';
import { encodeLogs, encodeSpans } from '../src/forward/encode.ts';
import { MetricEncoder, metricToSend } from '../src/forward/encode-metrics.ts';
import { exponentialOf } from '../src/forward/exponential.ts';
import { protobuf } from '../src/otlp/protobuf.ts';
import { redactor } from '../src/redactor.ts';
import { logRow, metricRow, spanId, spanRow, traceId } from './support.ts';

const AT = Date.UTC(2026, 10, 27, 9) + 0.125;
const plain = (text: string) => text;

describe('spans as OTLP', () => {
  it('say what was stored', () => {
    const event = { at: AT + 1, name: 'exception', attributes: { 'exception.type': 'RangeError' } };
    const row = spanRow({
      trace: traceId(1),
      span: spanId(1),
      parent: spanId(2),
      at: AT,
      status: 'error',
      message: 'no',
      attributes: JSON.stringify({ text: 'ä', whole: 7, part: 0.5, yes: true, far: -3, 'islet.record': '{}' }),
      events: JSON.stringify([event]),
    });
    const [decoded] = protobuf.spans(encodeSpans([row], 'shop', plain));
    assert.deepEqual(decoded?.resource, {
      'service.name': 'orders',
      'service.namespace': 'shop',
      'service.instance.id': 'orders-abc.0-0',
      'service.version': 'abc',
    });
    assert.deepEqual(decoded?.items, [
      {
        trace: traceId(1),
        span: spanId(1),
        parent: spanId(2),
        name: 'GET /orders',
        kind: 2,
        at: AT,
        endAt: AT + 5,
        status: 2,
        message: 'no',
        events: [event],
        attributes: { text: 'ä', whole: 7, part: 0.5, yes: true, far: -3 },
      },
    ]);
  });

  it('stand with the instance that they are of', () => {
    const rows = [1, 2, 3].map((number) =>
      spanRow({ trace: traceId(1), span: spanId(number), at: AT, instance: `orders-abc.0-${number % 2}` }),
    );
    const decoded = protobuf.spans(encodeSpans(rows, 'shop', plain));
    assert.deepEqual(
      decoded.map(({ resource, items }) => [resource['service.instance.id'], items.length]),
      [
        ['orders-abc.0-1', 2],
        ['orders-abc.0-0', 1],
      ],
    );
  });
});

describe('logs as OTLP', () => {
  it('say what was stored', () => {
    const row = logRow({
      at: AT,
      text: 'paid',
      level: 'warn',
      trace: traceId(3),
      span: spanId(3),
      attributes: '{"n":1}',
    });
    const [decoded] = protobuf.logs(encodeLogs([row], 'shop', plain));
    assert.deepEqual(decoded?.items, [
      {
        at: AT,
        severity: 13,
        severityText: 'WARN',
        body: 'paid',
        attributes: { n: 1 },
        trace: traceId(3),
        span: spanId(3),
      },
    ]);
  });

  it('name no level where the record names none', () => {
    const [decoded] = protobuf.logs(encodeLogs([logRow({ at: AT, text: 'x', level: undefined })], 'shop', plain));
    assert.deepEqual([decoded?.items[0]?.severity, decoded?.items[0]?.severityText], [0, '']);
  });
});

it('no secret leaves in any text', () => {
  const secret = 'sk_live_"quoted"';
  const redact = redactor([secret]);
  const attributes = JSON.stringify({ key: `is ${secret}` });
  const events = JSON.stringify([{ at: AT, name: secret, attributes: { key: secret } }]);
  const ids = { trace: traceId(1), span: spanId(1), at: AT };
  const span = spanRow({ ...ids, name: secret, message: secret, attributes, events });
  const log = logRow({ at: AT, text: `it is ${secret}`, attributes });
  const metric = metricToSend(metricRow({ at: AT, sum: 1, labels: attributes }), 'otlp');
  for (const bytes of [
    encodeSpans([span], 'shop', redact),
    encodeLogs([log], 'shop', redact),
    new MetricEncoder().encode([metric], 'shop', redact),
  ]) {
    assert.doesNotMatch(Buffer.from(bytes).toString('latin1'), /sk_live/);
    assert.match(Buffer.from(bytes).toString('latin1'), /\[redacted\]/);
  }
});

describe('metrics as OTLP', () => {
  const STEP = 10_000;
  const at = Date.UTC(2026, 10, 27, 9);
  const send = (encoder: MetricEncoder, ...rows: Parameters<typeof metricRow>[0][]) =>
    protobuf
      .metrics(
        encoder.encode(
          rows.map((row) => metricToSend(metricRow(row), 'islet')),
          'shop',
          plain,
        ),
      )
      .flatMap(({ items }) => items);

  it('count from a beginning on, however they are sent', () => {
    const encoder = new MetricEncoder();
    const [first] = send(encoder, { at, sum: 5 }, { at: at + STEP, sum: 2 });
    const [second] = send(encoder, { at: at + 2 * STEP, sum: 4 });
    assert.deepEqual(
      [...(first?.points ?? []), ...(second?.points ?? [])].map((point) => [point.startAt, point.at, point.value]),
      [
        [at - STEP, at, 5],
        [at - STEP, at + STEP, 7],
        [at - STEP, at + 2 * STEP, 11],
      ],
    );
    assert.deepEqual([first?.name, first?.kind, first?.cumulative], ['islet.requests', 'sum', true]);
  });

  it('have no two points of one instant', () => {
    const [metric] = send(new MetricEncoder(), { at, sum: 1 }, { at, sum: 1 });
    assert.deepEqual(
      metric?.points.map((point) => [point.at - at, point.value]),
      [
        [0, 1],
        [1, 2],
      ],
    );
  });

  it('tell series apart, and put the instance into the resource', () => {
    const rows = ['0', '1'].map((index) => ({
      ...({ at, sum: 1, name: 'cpu', kind: 'gauge', unit: 'cores' } as const),
      labels: JSON.stringify({ instance: `orders-abc.0-${index}`, revision: 'abc' }),
    }));
    const sent = protobuf.metrics(
      new MetricEncoder().encode(
        rows.map((row) => metricToSend(metricRow(row), 'islet')),
        'shop',
        plain,
      ),
    );
    assert.deepEqual(
      sent.map(({ resource, items }) => [resource['service.instance.id'], items[0]?.points[0]?.attributes]),
      [
        ['orders-abc.0-0', {}],
        ['orders-abc.0-1', {}],
      ],
    );
    assert.deepEqual(
      sent[0]?.items.map(({ name, unit, kind }) => [name, unit, kind]),
      [['islet.cpu', '{core}', 'gauge']],
    );
  });

  it("keep a service's own names as they are", () => {
    assert.equal(metricToSend(metricRow({ at, sum: 1, name: 'jobs' }), 'otlp').row.name, 'jobs');
  });

  it('keep the shape of a histogram within a few percent', () => {
    const latency = new Histogram();
    for (let ms = 1; ms <= 1000; ms++) latency.record(ms * 1000);
    const { sum, count, buckets } = latency.toJSON();
    const histogram = { kind: 'histogram', unit: 'ms', name: 'latency', sum, count } as const;
    const [metric] = send(new MetricEncoder(), { at, ...histogram, buckets: JSON.stringify(buckets) });
    const [point] = metric?.points ?? [];
    assert.deepEqual([point?.count, point?.value], [1000, 500_500]);
    const below = (bound: number) =>
      (point?.buckets ?? []).reduce((seen, [atMost, own]) => (atMost <= bound ? seen + own : seen), 0);
    const median = point?.buckets.find(([atMost]) => below(atMost) >= 500)?.[0] ?? 0;
    assert(median >= 500 && median < 500 * 1.05, `the median is ${median}`);
    assert.equal(
      point?.buckets.reduce((total, [, own]) => total + own, 0),
      1000,
    );
  });

  it('need no more buckets than an SDK has, over any range', () => {
    const wide = new Map([0, 1, 10, 1e4, 1e7, 4e9].map((end) => [end, 2]));
    const { scale, zeros, counts } = exponentialOf(wide, 'ms');
    assert(counts.length <= 160, `${counts.length} buckets`);
    assert.equal(zeros + counts.reduce((sum, one) => sum + one, 0), 12);
    assert(scale >= 2, `the scale is ${scale}`);
  });
});
