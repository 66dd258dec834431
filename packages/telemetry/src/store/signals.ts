import {
  type LogRow,
  logSchema,
  type MetricRow,
  metricSchema,
  type SpanRow,
  spanSchema,
  type TraceRow,
  traceSchema,
} from './rows.ts';
import type { Schema, Signal } from './schema.ts';

/** The kind of row of each signal. */
export interface RowOf {
  readonly logs: LogRow;
  readonly spans: SpanRow;
  readonly traces: TraceRow;
  readonly 'metrics-10s': MetricRow;
  readonly 'metrics-1m': MetricRow;
  readonly 'metrics-1h': MetricRow;
}

/** How each is laid out. */
export const SCHEMAS: { readonly [S in Signal]: Schema<RowOf[S]> } = {
  logs: logSchema,
  spans: spanSchema,
  traces: traceSchema,
  'metrics-10s': metricSchema,
  'metrics-1m': metricSchema,
  'metrics-1h': metricSchema,
};
