import type { StoreConnection } from '@islet/driver';
import type { Connection, ConnectionOptions } from 'mysql2/promise';
import { DEFAULT_LIMITS } from './fit.ts';
import { LIMITS } from './options.ts';
import type { Login, StartedMariadb } from './record.ts';

export const HOST = '127.0.0.1';

/** Islet's own user, and one that looks and can change nothing. No service is given their password. */
export const ADMIN = 'islet';
export const READER = 'islet_reader';

export interface Where extends Login {
  readonly port: number;
  /** Undefined: none is chosen. */
  readonly database: string | undefined;
}

export function asAdmin({ port, adminPassword }: StartedMariadb): Where {
  return { port, login: ADMIN, password: adminPassword, database: undefined };
}

export function asReader({ port, adminPassword, name }: StartedMariadb): Where {
  return { port, login: READER, password: adminPassword, database: name };
}

export function asService({ port, login, password, name }: StartedMariadb): Where {
  return { port, login, password, database: name };
}

/** What a service's instances are given of its store. */
export function shownTo({ login, password, port, name, limits = DEFAULT_LIMITS }: StartedMariadb): StoreConnection {
  return {
    url: `mysql://${login}:${password}@${HOST}:${port}/${name}`,
    host: HOST,
    port,
    user: login,
    password,
    name,
    path: undefined,
    maxConnections: limits.connections,
  };
}

/** Connects, acts, and closes, whatever happens. An abort breaks the connection, which ends the statement under way. */
export async function withConnection<T>(
  { port, login, password, database }: Where,
  signal: AbortSignal,
  act: (connection: Connection) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const options: ConnectionOptions = {
    host: HOST,
    port,
    user: login,
    password,
    connectTimeout: LIMITS.connectMs,
    ...(database !== undefined && { database }),
    charset: 'utf8mb4',
    supportBigNumbers: true,
    dateStrings: true,
  };
  // Ninety modules, which a system without a MariaDB need not wait for.
  const { createConnection } = await import('mysql2/promise');
  const connecting = createConnection(options);
  const connection = await abortable(connecting, signal);
  // A connection that breaks fails the statement under way, which is where it is dealt with.
  connection.on('error', () => {});
  const abort = () => connection.destroy();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await abortable(act(connection), signal);
  } finally {
    signal.removeEventListener('abort', abort);
    connection.destroy();
  }
}

/** A connection that is destroyed never answers. */
async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** The server's number of an error, or the system's code of a connection that failed. */
export function codeOf(error: unknown): number | string | undefined {
  const { errno, code } = error instanceof Error ? (error as Partial<ServerError>) : {};
  return typeof errno === 'number' && errno > 0 ? errno : code;
}

interface ServerError {
  readonly errno: number;
  readonly code: string;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Errors (MariaDB's manual, "MariaDB Error Codes") that something here depends on. */
export const ERROR = {
  databaseDenied: 1044,
  accessDenied: 1045,
  noSuchDatabase: 1049,
  lockWaitTimeout: 1205,
  tooManyOfUser: 1226,
  accountLocked: 4151,
} as const;

const REJECTIONS: ReadonlySet<number> = new Set([
  ERROR.accessDenied,
  ERROR.databaseDenied,
  ERROR.noSuchDatabase,
  ERROR.accountLocked,
]);

/** The server is there and says no: it won't change its mind by itself. */
export function isRejection(error: unknown): boolean {
  const code = codeOf(error);
  return typeof code === 'number' && REJECTIONS.has(code);
}

/** From a server, and not from the way to it. */
export function isAnswer(error: unknown): boolean {
  return typeof codeOf(error) === 'number' && error instanceof Error && 'sqlState' in error;
}

export function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}
