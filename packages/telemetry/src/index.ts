/** What whoever starts the telemetry process needs to know of it. */

export { type Orders, telemetryFiles } from './orders.ts';
export { Identities, type Identity } from './otlp/identity.ts';
