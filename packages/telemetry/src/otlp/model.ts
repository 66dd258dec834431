import type { Attributes } from '@islet/client';

/** What OTLP's messages say, in whichever of its encodings they came. Instants are milliseconds since the epoch. */

export interface OtlpSpan {
  readonly trace: string;
  readonly span: string;
  readonly parent: string;
  readonly name: string;
  /** `SpanKind`: 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  readonly at: number;
  readonly endAt: number;
  readonly attributes: Attributes;
  readonly events: readonly { readonly at: number; readonly name: string; readonly attributes: Attributes }[];
  /** `StatusCode`: 0 unset, 1 ok, 2 error. */
  readonly status: number;
  readonly message: string;
}

export interface OtlpLog {
  readonly at: number;
  /** `SeverityNumber`: 1 to 4 trace, 5 to 8 debug, … 21 to 24 fatal; 0: none. */
  readonly severity: number;
  readonly severityText: string;
  readonly body: string;
  readonly attributes: Attributes;
  readonly trace: string;
  readonly span: string;
}

export interface OtlpMetric {
  readonly name: string;
  readonly unit: string;
  readonly kind: 'gauge' | 'sum' | 'histogram';
  /** Each point counts since the beginning, and not since the last. */
  readonly cumulative: boolean;
  readonly points: readonly OtlpPoint[];
}

export interface OtlpPoint {
  readonly attributes: Attributes;
  readonly startAt: number;
  readonly at: number;
  /** Of a gauge or a sum its value, of a histogram the sum of its values. */
  readonly value: number;
  readonly count: number;
  readonly min: number | undefined;
  readonly max: number | undefined;
  /** Of a histogram: how many values are at most this, and above the bound before. */
  readonly buckets: readonly (readonly [atMost: number, count: number])[];
}

/** What one resource (an instance of a service) has sent. */
export interface FromResource<T> {
  readonly resource: Attributes;
  readonly items: readonly T[];
}

/** A sum that goes up and down (what is in flight) and is told as a whole is a reading: as a counter, each fall would seem a new beginning. */
export function kindOf(
  { kind, cumulative }: Pick<OtlpMetric, 'kind' | 'cumulative'>,
  grows: boolean,
): OtlpMetric['kind'] {
  return kind === 'sum' && cumulative && !grows ? 'gauge' : kind;
}

/** The message is not what it should be. */
export class OtlpError extends Error {
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.name = 'OtlpError';
  }
}
