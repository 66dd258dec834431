export type {
  ControlErrorCode,
  ControlRefusal,
  ProxyEvent,
  ProxyState,
  TableAcknowledgement,
} from './control/messages.ts';
export { addProxyMetrics } from './control/metrics.ts';
export { Metrics } from './control/prometheus.ts';
export { PROXY_ERRORS, type ProxyErrorCode } from './errors.ts';
export type { LastDeath } from './in-flight-file.ts';
export type { PlaneOptions, ProxyStats } from './plane.ts';
export type { ProxyPaths, RunningProxy } from './proxy.ts';
export { accessLogFiles, accessLogOf } from './record/access-log.ts';
export { findRecords } from './record/find-record.ts';
export { RUNTIME_FLAGS } from './runtime-flags.ts';
export type { EdgeStats, InstanceStats, Origin, RevisionStats, StatusClass, TrafficCounts } from './stats.ts';
export { type LoadedCertificate, loadCertificate } from './tls/certificate.ts';
