export type * from './backups.ts';
export type * from './compute.ts';
export type * from './data.ts';
export { HAZARD_EFFECTS } from './data.ts';
export { DRIVER_FAILURES, DriverError, type DriverFailure } from './errors.ts';
export { type Layout, layoutOf } from './layout.ts';
export { type LogPlace, logCount, logPlace, logPosition } from './log-position.ts';
export * from './shell.ts';
export type * from './traffic.ts';
