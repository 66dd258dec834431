export * from './failures.ts';
export type { Log, Ports, ServerOptions } from './options.ts';
export { isStarted, newPassword, type ServerRecord, type Started } from './record.ts';
export { compareSeries, type Series, seriesIn } from './series.ts';
export type { ServerKind, ServerSpec } from './server-kind.ts';
export { StoreServers } from './store-servers.ts';
