import { type BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Attributes } from '@islet/client';
import { upperEndOf } from '@islet/policy';
import { STEP_MS } from '../metrics/gather.ts';
import { scaleOf } from '../metrics/otlp-metrics.ts';
import { attributesOf, type MetricRow } from '../store/rows.ts';
import { exponentialOf } from './exponential.ts';
import {
  attributes,
  double,
  fixed64,
  instant,
  message,
  number,
  type Origin,
  type Redact,
  request,
  text,
} from './wire.ts';

/** Series of which it is remembered how much they have counted; the oldest are forgotten, and begin anew. */
const SERIES = 50_000;
const CUMULATIVE = 2;
/** What Islet measures itself is told from what services send by its name. */
const OWN_PREFIX = 'islet.';
/** As UCUM writes them, which OpenTelemetry names units by. */
const UNITS: Readonly<Record<string, string>> = {
  bytes: 'By',
  cores: '{core}',
  files: '{file}',
  instances: '{instance}',
  processes: '{process}',
};

export interface MetricToSend extends Origin {
  readonly row: MetricRow;
  readonly labels: Attributes;
}

/** The row as it is sent: which instance it is of stands in its resource, and not in each of its points. */
export function metricToSend(row: MetricRow, from: 'islet' | 'otlp'): MetricToSend {
  const { instance = '', revision = '', ...labels } = attributesOf(row.labels);
  const unit = UNITS[row.unit] ?? row.unit;
  const named = from === 'islet' ? { ...row, name: `${OWN_PREFIX}${row.name}`, unit } : row;
  return { service: row.service, instance: String(instance), revision: String(revision), row: named, labels };
}

interface Counted {
  readonly startAt: number;
  sum: number;
  count: number;
  /** The instant of its last point. */
  at: number;
  readonly buckets: Map<number, number>;
}

/**
 * Rows say what came in a step. Others want what came since a beginning: it is what Prometheus and most backends take, and
 * a message that is lost then loses no counts. So what each series has counted since it was first sent is added up here.
 */
export class MetricEncoder {
  readonly #counted = new Map<string, Counted>();

  /** `ExportMetricsServiceRequest` in protobuf. */
  encode(items: readonly MetricToSend[], system: string, redact: Redact): Uint8Array {
    return request(items, system, (writer, own) => {
      for (const same of Map.groupBy(own, ({ row }) => `${row.kind} ${row.name}`).values()) {
        const [first] = same;
        if (first === undefined) continue;
        message(writer, 2, () => {
          text(writer, 1, redact(first.row.name));
          text(writer, 3, first.row.unit);
          this.#data(writer, first.row.kind, same, redact);
        });
      }
    });
  }

  #data(writer: BinaryWriter, kind: MetricRow['kind'], items: readonly MetricToSend[], redact: Redact): void {
    message(writer, { gauge: 5, sum: 7, histogram: 10 }[kind], () => {
      for (const item of items) message(writer, 1, () => this.#point(writer, item, redact));
      if (kind === 'gauge') return;
      number(writer, 2, CUMULATIVE);
      if (kind === 'sum') writer.tag(3, WireType.Varint).bool(true);
    });
  }

  #point(writer: BinaryWriter, item: MetricToSend, redact: Redact): void {
    const { row, labels } = item;
    const counted = this.#add(item);
    const isHistogram = row.kind === 'histogram';
    attributes(writer, isHistogram ? 1 : 7, labels, redact);
    if (row.kind !== 'gauge') instant(writer, 2, counted.startAt);
    instant(writer, 3, counted.at);
    if (!isHistogram) {
      double(writer, 4, row.kind === 'gauge' ? row.sum / Math.max(1, row.count) : counted.sum);
      return;
    }
    fixed64(writer, 4, counted.count);
    double(writer, 5, counted.sum / scaleOf(row.unit));
    const { scale, zeros, offset, counts } = exponentialOf(counted.buckets, row.unit);
    writer.tag(6, WireType.Varint).sint32(scale);
    fixed64(writer, 7, zeros);
    message(writer, 8, () => {
      writer.tag(1, WireType.Varint).sint32(offset);
      message(writer, 2, () => {
        for (const count of counts) writer.uint64(count);
      });
    });
  }

  /** Several rows of one series may be of one step; no two of its points are of one instant. */
  #add({ row }: MetricToSend): Counted {
    const key = `${row.service} ${row.name} ${row.labels}`;
    const known = this.#counted.get(key);
    const counted = known ?? { startAt: row.at - STEP_MS, sum: 0, count: 0, at: row.at - 1, buckets: new Map() };
    counted.at = Math.max(row.at, counted.at + 1);
    counted.sum += row.sum;
    counted.count += row.count;
    if (row.buckets !== '') {
      for (const [bucket, count] of JSON.parse(row.buckets) as [number, number][]) {
        const end = upperEndOf(bucket);
        counted.buckets.set(end, (counted.buckets.get(end) ?? 0) + count);
      }
    }
    this.#counted.delete(key);
    this.#counted.set(key, counted);
    if (this.#counted.size > SERIES) {
      for (const oldest of this.#counted.keys()) {
        this.#counted.delete(oldest);
        break;
      }
    }
    return counted;
  }
}
