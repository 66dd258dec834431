import { DriverError } from '@islet/driver';
import { resolveProgram } from '@islet/supervise';

/** The server's programs, and Debian's package that brings each. */
const PACKAGES = {
  mariadbd: 'mariadb-server',
  'mariadb-install-db': 'mariadb-server',
  'mariadb-upgrade': 'mariadb-server',
  mariadb: 'mariadb-client',
  'mariadb-binlog': 'mariadb-client',
  'mariadb-backup': 'mariadb-backup',
  mbstream: 'mariadb-backup',
} as const;
export type Program = keyof typeof PACKAGES;

/** Why there can be no server here, with the remedy; undefined: there can. */
export function missingServer(path: string): string | undefined {
  const missing = Object.keys(PACKAGES).filter((program) => resolveProgram(program, path) === undefined);
  return missing.length === 0 ? undefined : `${missing.join(', ')} not installed: ${INSTALL}`;
}

export function requireProgram(program: Program, path: string): string {
  const found = resolveProgram(program, path);
  if (found !== undefined) return found;
  throw new DriverError('unsupported', `${program} is not installed`, { hint: INSTALL });
}

const INSTALL = `apt-get install ${[...new Set(Object.values(PACKAGES))].join(' ')}`;
