/* What a simulation composes: the system as it is, on a clock, drivers and stores of somebody else's. */
export { createHandlers } from '../api/handlers.ts';
export { BY_HAND } from '../api/rollout.ts';
export { type ApplyParts, apply } from '../apply.ts';
export type { Clock } from '../clock.ts';
export { createDoorkeeper } from '../dashboard/doorkeeper.ts';
export type { Check } from '../probe/check.ts';
export type { TurnReport } from '../reconcile.ts';
export type { Counters } from '../scale/load.ts';
export type { State } from '../state.ts';
export { openApplied } from '../store/applied.ts';
export { type Database, IN_MEMORY, openDatabase } from '../store/database.ts';
export { type Decision, type Decisions, openDecisions } from '../store/decisions.ts';
export { openEvidence } from '../store/evidence.ts';
export { openPorts } from '../store/ports.ts';
export type { Secrets } from '../store/secrets.ts';
export { openSessions } from '../store/sessions.ts';
export { createSystem, type System } from '../system.ts';
export { VirtualClock } from './virtual-clock.ts';
