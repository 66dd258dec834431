/** What measures telemetry without its process. */
export { Output } from './logs/output.ts';
export { Identities } from './otlp/identity.ts';
export { Intake } from './otlp/intake.ts';
export { findLogs } from './query/logs.ts';
export { findTrace, findTraces } from './query/traces.ts';
export type { LogRow, SpanRow } from './store/rows.ts';
export { Store } from './store/store.ts';
