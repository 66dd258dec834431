/** What measures telemetry without its process. */
export { encodeSpans } from './forward/encode.ts';
export { Lane } from './forward/lane.ts';
export { Pace } from './forward/pace.ts';
export { Spool } from './forward/spool.ts';
export { Output } from './logs/output.ts';
export { Identities } from './otlp/identity.ts';
export { Intake } from './otlp/intake.ts';
export { edgesAt, overviewOf } from './query/activity.ts';
export { findLogs } from './query/logs.ts';
export { queryMetrics } from './query/metrics.ts';
export { findTrace, findTraces } from './query/traces.ts';
export type { LogRow, MetricRow, SpanRow, TraceRow } from './store/rows.ts';
export type { Signal } from './store/schema.ts';
export { Shelf } from './store/shelf.ts';
export { type RowOf, SCHEMAS } from './store/signals.ts';
export { Store } from './store/store.ts';
