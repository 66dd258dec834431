import { mostConnections } from './fit.ts';
import { LIMITS } from './options.ts';

/**
 * What a server is told at each start, on its command line: not the service's to change, and the same for a cluster made
 * long ago. Nothing is written into a folder that the service's user owns.
 */
export function serverArguments({ folder, service, port, more }: ServerPlace): readonly string[] {
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    // A socket's path must be shorter than a system's folder may be, and nobody needs one.
    unix_socket_directories: '',
    cluster_name: service,
    fsync: 'on',
    full_page_writes: 'on',
    synchronous_commit: 'on',
    // Backups stream the log.
    wal_level: 'replica',
    max_wal_senders: 4,
    max_replication_slots: 4,
    max_slot_wal_keep_size: `${LIMITS.slotMegabytes}MB`,
    logging_collector: 'off',
    log_destination: 'stderr',
    log_line_prefix: '%m [%p] %q%u ',
    log_timezone: 'UTC',
    // A client that went away doesn't hold its locks until its statement ends.
    client_connection_check_interval: '1s',
    ...more,
  };
  return ['-D', folder, ...asArguments('-c', settings)];
}

export interface ServerPlace {
  readonly folder: string;
  readonly service: string;
  readonly port: number;
  /** For this start alone. */
  readonly more: Readonly<Record<string, string>>;
}

/**
 * What a new cluster's own postgresql.conf begins with: a small server that sleeps when nobody talks to it. Measured idle:
 * no tick of CPU in a minute, one wake-up a second, 16 MB.
 */
const INITIAL_SETTINGS = {
  shared_buffers: '16MB',
  max_connections: mostConnections(LIMITS.serviceConnections),
  jit: 'off',
  huge_pages: 'off',
  min_wal_size: '32MB',
  max_wal_size: '256MB',
  checkpoint_timeout: '15min',
  // Checkpoints write what there is; a background writer would only wake up.
  bgwriter_lru_maxpages: 0,
  bgwriter_delay: '10s',
  wal_writer_delay: '1s',
} as const;

/** Of a major version. */
function initialSettings(major: number) {
  // No worker processes for reads that come from the page cache.
  return major < 18 ? INITIAL_SETTINGS : { ...INITIAL_SETTINGS, io_method: 'sync' };
}

/** Lines for the end of a new cluster's postgresql.conf, where `initdb` itself can't be told. */
export function ownFile(major: number): readonly string[] {
  if (major >= TOLD_BY_ARGUMENT) return [];
  return Object.entries(initialSettings(major)).map(([name, value]) => `${name} = '${value}'`);
}

/** The version whose `initdb` takes `--set`, and the one that brings a collation of its own. */
const TOLD_BY_ARGUMENT = 16;
const OWN_COLLATION = 17;

/**
 * A new cluster: sorted and compared by Unicode's code points, the same on every machine and for ever. Before PostgreSQL had that
 * itself, it took from the machine which letters are capitals.
 */
export function initdbArguments(options: {
  readonly folder: string;
  readonly superuser: string;
  readonly passwordFile: string;
  readonly major: number;
}): readonly string[] {
  const { major } = options;
  return [
    `--pgdata=${options.folder}`,
    `--username=${options.superuser}`,
    `--pwfile=${options.passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    ...(major < OWN_COLLATION ? ['--lc-ctype=C.UTF-8'] : ['--locale-provider=builtin', '--builtin-locale=C.UTF-8']),
    '--data-checksums',
    ...(major < TOLD_BY_ARGUMENT ? [] : asArguments('--set', initialSettings(major))),
  ];
}

function asArguments(flag: string, settings: Readonly<Record<string, string | number>>): readonly string[] {
  return Object.entries(settings).flatMap(([name, value]) => [flag, `${name}=${value}`]);
}
