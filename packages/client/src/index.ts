export * from './backups.ts';
export * from './contract.ts';
export type * from './database.ts';
export type { ExplainedRequest } from './explanation.ts';
export type { Target } from './http.ts';
export * from './openapi.ts';
export * from './remote.ts';
export * from './rollout.ts';
export * from './status.ts';
