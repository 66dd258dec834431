import { layoutOf, type StoreLimits } from '@islet/driver';
import type { ServerKind } from '@islet/driver/server';
import { asAdmin, asService, codeOf, ERROR, isRejection, withConnection } from './connect.ts';
import { DEFAULT_LIMITS, fittingSettings } from './fit.ts';
import { LIMITS, SETTINGS } from './options.ts';
import type { MariadbRecord, StartedMariadb } from './record.ts';

/** MariaDB's programs speak one language and live in one time zone, whatever the machine's settings. */
export const ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C', TZ: 'UTC' } as const;

export interface ServerPlace {
  readonly data: string;
  readonly initFile: string;
  /** A server removes at its start what an earlier one left there: so it is its own. */
  readonly temporary: string;
  readonly port: number;
  /** What the service says beside `SETTINGS`, or instead. */
  readonly settings: Readonly<Record<string, string>>;
  readonly limits: StoreLimits;
}

/** Of the machine's own configuration files nothing is read. */
export function serverArguments(place: ServerPlace): readonly string[] {
  const { data, initFile, temporary, port, settings, limits } = place;
  const own = {
    datadir: data,
    'init-file': initFile,
    tmpdir: temporary,
    port: String(port),
    'bind-address': '127.0.0.1',
    // Both in the data folder: a socket's path must be shorter than a system's folder may be.
    socket: 'server.sock',
    'pid-file': 'server.pid',
    // Restores replay it.
    'log-bin': 'binlog',
    'server-id': '1',
    'log-bin-index': 'binlog.index',
    // A service is no superuser, and would be let make neither triggers nor functions: what they write is logged by row.
    'log-bin-trust-function-creators': 'ON',
    'local-infile': 'OFF',
    'secure-file-priv': data,
  };
  const all = { ...SETTINGS, ...fittingSettings(limits), ...asOptions(settings), ...own };
  const values = Object.entries(all).map(([name, value]) => `--${name}=${value}`);
  return ['--no-defaults', '--skip-name-resolve', '--skip-symbolic-links', ...values];
}

/** A variable is named with underscores, its option with dashes. */
function asOptions(settings: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name.replaceAll('_', '-'), value]));
}

/** Options that Islet gives itself. */
export function isOwn(option: string): boolean {
  const free = { ...SETTINGS, ...fittingSettings(DEFAULT_LIMITS) };
  const nowhere = { data: '', initFile: '', temporary: '', port: 0 };
  return serverArguments({ ...nowhere, settings: {}, limits: DEFAULT_LIMITS }).some(
    (argument) => argument.startsWith(`--${option}=`) && !Object.hasOwn(free, option),
  );
}

/** The service is let in once all that it needs is there, and is known by the server even when it may open no more. */
async function letsIn(started: StartedMariadb, as: 'islet' | 'service', signal: AbortSignal): Promise<boolean> {
  const where = as === 'islet' ? asAdmin(started) : asService(started);
  await withConnection(where, signal, (connection) => connection.ping()).catch((error: unknown) => {
    if (codeOf(error) !== ERROR.tooManyOfUser) throw error;
  });
  return true;
}

export const MARIADB: ServerKind<MariadbRecord> = {
  engine: 'mariadb',
  product: 'MariaDB',
  records: 'mariadb',
  folderOf: layoutOf.mariadb,
  isSame: (one, other) => one.id === other.id,
  stop: { graceMs: LIMITS.stopGraceMs, signal: 'SIGTERM' },
  readyMs: LIMITS.readyMs,
  limits: DEFAULT_LIMITS,
  ask: letsIn,
  isRejection,
  complaint: { like: /\[ERROR\](?! Aborting)/, head: /^.*\[ERROR\] / },
};
