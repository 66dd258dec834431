import { DriverError } from '@islet/driver';
import { compareSeries } from '@islet/driver/server';
import { resolveProgram } from '@islet/supervise';
import type { ServerVersion } from './server-version.ts';

/** Valkey is what Redis was when its licence changed; either will do. */
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

/** Whether it can check the inner structure of every value that it reads at its start. Older ones end at what they don't know. */
export function checksValues({ series }: ServerVersion): boolean {
  return compareSeries(series, FIRST_TO_CHECK) >= 0;
}

const FIRST_TO_CHECK = '6.2';

function findServer(path: string): string | undefined {
  return PROGRAMS.map((program) => resolveProgram(program, path)).find((found) => found !== undefined);
}

const INSTALL = 'apt-get install redis-server';
