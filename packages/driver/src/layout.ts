import { join } from 'node:path';

/**
 * Where a system keeps what. `state` is the system's identity and holds what only Islet reads; `runtime` holds what
 * services run from, and is elsewhere only where their users could not reach it below `state` (a home folder of mode
 * 0700).
 */
export interface Layout {
  /** `.islet` beside `islet.yaml`, or `--state DIR`. */
  readonly state: string;
  readonly runtime: string;
}

export const layoutOf = {
  database: ({ state }: Layout) => join(state, 'control.db'),
  /** The key that secrets are encrypted with. */
  key: ({ state }: Layout) => join(state, 'key'),
  /** The control API's bearer token. */
  token: ({ state }: Layout) => join(state, 'token'),
  /** Where the control API listens: JSON `{ url, pid }`. */
  control: ({ state }: Layout) => join(state, 'control.json'),
  /** What is known of objectives and alerts. */
  alerts: ({ state }: Layout) => join(state, 'alerts.db'),
  /** Unix sockets and lock files. */
  run: ({ state }: Layout) => join(state, 'run'),
  /** Logs of Islet's own processes. */
  logs: ({ state }: Layout) => join(state, 'logs'),
  /** The proxy's last good routing table. */
  routingTable: ({ state }: Layout) => join(state, 'routing-table.json'),
  /** Records of supervised processes. */
  processes: ({ state }: Layout) => join(state, 'processes'),

  /** The gateway's certificate of the development authority, and its key. */
  gatewayTls: ({ state }: Layout) => join(state, 'tls'),

  /** Backups, their keys, and what the process that makes them is told and tells. */
  backup: ({ state }: Layout) => join(state, 'backup'),

  /** Logs, traces and metrics, and what the process that keeps them is told. */
  telemetry: ({ state }: Layout) => join(state, 'telemetry'),
  /** What runtimes of services load to trace them. */
  instruments: ({ runtime }: Layout) => join(runtime, 'instrument'),

  service: ({ runtime }: Layout, service: string) => join(runtime, 'services', service),
  revisions: (layout: Layout, service: string) => join(layoutOf.service(layout, service), 'revisions'),
  revision: (layout: Layout, service: string, revision: string) => join(layoutOf.revisions(layout, service), revision),
  /** Kept between builds: package managers' and compilers' caches, installed dependencies. */
  cache: (layout: Layout, service: string) => join(layoutOf.service(layout, service), 'cache'),
  /** An instance's working directory, home and temporary files. */
  instance: (layout: Layout, service: string, instance: string) =>
    join(layoutOf.service(layout, service), 'instances', instance),
  /** A service's store: server's data directory, or the file. */
  data: (layout: Layout, service: string) => join(layoutOf.service(layout, service), 'data'),
  /** A service's Redis: its data, and who may use it. */
  redis: (layout: Layout, service: string) => join(layoutOf.service(layout, service), 'redis'),
  /** A service's MariaDB: its data, and who may administer it. */
  mariadb: (layout: Layout, service: string) => join(layoutOf.service(layout, service), 'mariadb'),
  /** A service's volumes: a folder for each. */
  volumes: (layout: Layout, service: string) => join(layoutOf.service(layout, service), 'volumes'),
  /** Output of each instance: `<instance>.log`, rotated to `<instance>.log.1` … */
  serviceLogs: (layout: Layout, service: string) => join(layout.state, 'logs', 'services', service),
} as const;
