import type { ForwardStatus } from '@islet/client';
import { FORWARD_SIGNALS, type ForwardSignal, type ForwardSpec } from '@islet/spec';
import { type LogRow, logSchema, metricSchema, type SpanRow, spanSchema } from '../store/rows.ts';
import { encodeLogs, encodeSpans } from './encode.ts';
import { MetricEncoder, type MetricToSend } from './encode-metrics.ts';
import { grpcTransport } from './grpc.ts';
import { httpTransport } from './http.ts';
import { Lane } from './lane.ts';
import type { Pace } from './pace.ts';
import type { Spool } from './spool.ts';
import type { Backend, Transport } from './transport.ts';
import type { Redact } from './wire.ts';

export interface RouteSignals {
  readonly traces: Lane<SpanRow>;
  readonly logs: Lane<LogRow>;
  readonly metrics: Lane<MetricToSend>;
}

export interface RouteParts {
  readonly backend: Backend;
  readonly pace: Pace;
  readonly now: () => number;
  readonly system: () => string;
  readonly redact: Redact;
  readonly openSpool: (signal: ForwardSignal) => Promise<Spool>;
}

/** What an Islet that knew no queue was asked for. */
const QUEUE_BYTES = 128 * 1024 * 1024;

/** One backend, with a lane for each signal that it gets. */
export class Route {
  /** The same for as long as nothing of it has changed. */
  readonly key: string;
  readonly lanes: Partial<RouteSignals>;
  readonly #url: string;
  readonly #transport: Transport;

  constructor(key: string, { url, signals, compression, queueBytes = QUEUE_BYTES }: ForwardSpec, parts: RouteParts) {
    const { backend, pace, now, system, redact, openSpool } = parts;
    this.key = key;
    this.#url = url;
    const transport = backend.protocol === 'grpc' ? grpcTransport(backend) : httpTransport(backend);
    this.#transport = transport;
    const lane = <T>(signal: ForwardSignal, sizeOf: (row: T) => number, encode: (rows: readonly T[]) => Uint8Array) =>
      new Lane<T>({
        encode,
        sizeOf,
        now,
        pace,
        isGzip: compression === 'gzip',
        queueBytes,
        spool: () => openSpool(signal),
        send: (message, gone) => transport.send(signal, message, gone),
      });
    const metrics = new MetricEncoder();
    const made = {
      traces: () => lane('traces', spanSchema.size, (rows: readonly SpanRow[]) => encodeSpans(rows, system(), redact)),
      logs: () => lane('logs', logSchema.size, (rows: readonly LogRow[]) => encodeLogs(rows, system(), redact)),
      metrics: () =>
        lane('metrics', sizeOfMetric, (rows: readonly MetricToSend[]) => metrics.encode(rows, system(), redact)),
    } satisfies { readonly [S in ForwardSignal]: () => RouteSignals[S] };
    this.lanes = Object.fromEntries(signals.map((signal) => [signal, made[signal]()]));
  }

  /** One for each signal. */
  get status(): readonly ForwardStatus[] {
    return FORWARD_SIGNALS.flatMap((signal) => {
      const lane = this.lanes[signal];
      return lane === undefined ? [] : [{ url: this.#url, signal, ...lane.counts }];
    });
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.lanes).map((lane) => lane.close()));
    this.#transport.close();
  }
}

function sizeOfMetric({ row }: MetricToSend): number {
  return metricSchema.size(row);
}
