import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { StoreAccess } from '@islet/client';

/** A program of the engine's own, as it is called: no argument holds a password, since every user can read arguments. */
export interface Tool {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  /** Debian's package that brings it. */
  readonly package: string;
}

/** The engine's own shell; read-only is a setting that a person can undo, and is told so by the engine. */
export function shellTool(access: StoreAccess, write: boolean): Tool | undefined {
  const { engine, host = '', port = 0, user = '', password = '', name = '', path = '' } = access;
  switch (engine) {
    case 'postgres':
      return {
        argv: ['psql', '--host', host, '--port', String(port), '--username', user, '--dbname', name],
        env: { PGPASSWORD: password, ...(write ? {} : { PGOPTIONS: '-c default_transaction_read_only=on' }) },
        package: 'postgresql-client',
      };
    case 'mariadb':
      return {
        argv: [
          ...(['mariadb', '--no-defaults', '--host', host, '--port', String(port), '--user', user] as const),
          // Whoever types may still begin a transaction that writes.
          ...(write ? [] : ['--init-command', 'SET SESSION TRANSACTION READ ONLY']),
          name,
        ],
        env: { MYSQL_PWD: password },
        package: 'mariadb-client',
      };
    // Its reading user is known to Islet alone, so without --write Islet reads the commands itself.
    case 'redis':
      return write
        ? {
            argv: ['redis-cli', '-h', host, '-p', String(port), '--user', user],
            env: { REDISCLI_AUTH: password },
            package: 'redis-tools',
          }
        : undefined;
    case 'sqlite':
      return { argv: ['sqlite3', ...(write ? [] : ['-readonly']), path], env: {}, package: 'sqlite3' };
    default:
      return undefined;
  }
}

export function dumpTool(access: StoreAccess): Tool | undefined {
  const { engine, host = '', port = 0, user = '', password = '', name = '', path = '' } = access;
  switch (engine) {
    case 'postgres':
      return {
        argv: [
          'pg_dump',
          '--no-owner',
          '--no-privileges',
          '--host',
          host,
          '--port',
          String(port),
          '--username',
          user,
          name,
        ],
        env: { PGPASSWORD: password },
        package: 'postgresql-client',
      };
    case 'mariadb': {
      const where = ['--host', host, '--port', String(port), '--user', user] as const;
      return {
        argv: ['mariadb-dump', '--no-defaults', '--single-transaction', '--routines', '--triggers', ...where, name],
        env: { MYSQL_PWD: password },
        package: 'mariadb-client',
      };
    }
    case 'sqlite':
      return { argv: ['sqlite3', '-readonly', path, '.dump'], env: {}, package: 'sqlite3' };
    default:
      return undefined;
  }
}

export function isThere(program: string, path: string | undefined): boolean {
  return (path ?? '').split(delimiter).some((folder) => folder !== '' && isExecutable(join(folder, program)));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
