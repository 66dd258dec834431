export { type BackupHarness, type BackupTraits, backupConformance, SQL_WORDS } from './backups.ts';
export { computeConformance } from './compute.ts';
export type { ComputeHarness } from './compute-harness.ts';
export { dataConformance } from './data.ts';
export type { DataHarness } from './data-harness.ts';
export type { DataTraits, OptionalPart, StoreWords } from './data-traits.ts';
export { freePorts } from './free-ports.ts';
export {
  type CreateServers,
  makeServerWorld,
  openServerWorld,
  patience,
  type ServerWorld,
  serverHarness,
} from './server-world.ts';
export { type TrafficSubject, trafficConformance } from './traffic.ts';
