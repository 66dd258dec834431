export { type BackupHarness, type BackupTraits, backupConformance, SQL_WORDS } from './backups.ts';
export { type ComputeHarness, computeConformance } from './compute.ts';
export { type DataHarness, type DataTraits, dataConformance } from './data.ts';
export { type TrafficSubject, trafficConformance } from './traffic.ts';
