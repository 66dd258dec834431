import { gunzipSync } from 'node:zlib';
import { OtlpMetrics } from '../metrics/otlp-metrics.ts';
import type { LogRow, MetricRow, SpanRow } from '../store/rows.ts';
import type { Identities, Identity } from './identity.ts';
import { json } from './json.ts';
import { type FromResource, OtlpError } from './model.ts';
import { protobuf } from './protobuf.ts';
import { logRow, spanRow } from './rows.ts';

export const OTLP_SIGNALS = ['traces', 'logs', 'metrics'] as const;
export type OtlpSignal = (typeof OTLP_SIGNALS)[number];

/** The largest message that is taken, compressed and not: agents send a few hundred records at once. */
export const MESSAGE_BYTES = 16 * 1024 * 1024;

/** Where rows go. */
export interface Sink {
  readonly spans: (service: string, rows: readonly SpanRow[]) => void;
  readonly logs: (service: string, rows: readonly LogRow[]) => void;
  readonly metrics: (service: string, rows: readonly MetricRow[]) => void;
}

export interface Message {
  readonly signal: OtlpSignal;
  readonly encoding: 'protobuf' | 'json';
  readonly isGzip: boolean;
  readonly body: Buffer;
  /** Of the sender. */
  readonly authorization: string | undefined;
}

export type Receipt =
  /** `rejected`: so many of its items could never be found again. */
  | { readonly kind: 'taken'; readonly rejected: number }
  | { readonly kind: 'unknown-sender' }
  | { readonly kind: 'malformed'; readonly why: string };

/**
 * What OpenTelemetry's agents send, by whichever protocol it came. Who has sent it is told by its token alone: what a
 * resource says of itself is everybody's to write.
 */
export class Intake {
  readonly #identities: Identities;
  readonly #sink: Sink;
  readonly #now: () => number;
  readonly #metrics = new OtlpMetrics();

  constructor({ identities, sink, now }: { identities: Identities; sink: Sink; now: () => number }) {
    this.#identities = identities;
    this.#sink = sink;
    this.#now = now;
  }

  take(message: Message): Receipt {
    const who = this.#identities.identify(message.authorization);
    if (who === undefined) return { kind: 'unknown-sender' };
    try {
      return { kind: 'taken', rejected: this.#put(message.signal, plainBody(message), message.encoding, who) };
    } catch (error) {
      if (error instanceof OtlpError) return { kind: 'malformed', why: error.message };
      throw error;
    }
  }

  #put(signal: OtlpSignal, body: Buffer, encoding: Message['encoding'], who: Identity): number {
    const decode = encoding === 'json' ? json : protobuf;
    switch (signal) {
      case 'traces': {
        const items = itemsOf(decode.spans(body));
        const rows = items.flatMap((span) => spanRow(span, who) ?? []);
        this.#sink.spans(who.service, rows);
        return items.length - rows.length;
      }
      case 'logs': {
        const now = this.#now();
        this.#sink.logs(
          who.service,
          itemsOf(decode.logs(body)).map((log) => logRow(log, who, now)),
        );
        return 0;
      }
      case 'metrics':
        this.#sink.metrics(
          who.service,
          itemsOf(decode.metrics(body)).flatMap((metric) => this.#metrics.rowsOf(metric, who)),
        );
        return 0;
    }
  }
}

function itemsOf<T>(resources: readonly FromResource<T>[]): readonly T[] {
  return resources.flatMap(({ items }) => items);
}

function plainBody({ body, isGzip }: Message): Buffer {
  if (!isGzip) return body;
  try {
    return gunzipSync(body, { maxOutputLength: MESSAGE_BYTES });
  } catch (cause) {
    throw new OtlpError(`the body is no gzip of at most ${MESSAGE_BYTES} bytes`, { cause });
  }
}
