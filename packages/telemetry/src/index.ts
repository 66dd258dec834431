/** What whoever starts the telemetry process needs to know of it. */

export { seal } from './forward/sealed.ts';
export { unmarked } from './logs/mark.ts';
export { type Orders, telemetryFiles } from './orders.ts';
export { Identities, type Identity } from './otlp/identity.ts';
export { redactor } from './redactor.ts';
