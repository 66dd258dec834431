import { DriverError } from '@islet/driver';
import { resolveProgram } from '@islet/supervise';

/** Valkey is what Redis was when its licence changed; either will do, and both read each other's files. */
const PROGRAMS = ['valkey-server', 'redis-server'] as const;

/** Why there can be no server here, with the remedy; undefined: there can. */
export function missingServer(path: string): string | undefined {
  return findServer(path) === undefined ? `${PROGRAMS.join(' or ')} is not installed: ${INSTALL}` : undefined;
}

export function requireServer(path: string): string {
  const found = findServer(path);
  if (found !== undefined) return found;
  throw new DriverError('unsupported', `${PROGRAMS.join(' or ')} is not installed`, { hint: INSTALL });
}

function findServer(path: string): string | undefined {
  return PROGRAMS.map((program) => resolveProgram(program, path)).find((found) => found !== undefined);
}

const INSTALL = 'apt-get install redis-server';
