import { DriverError } from '@islet/driver';
import { resolveProgram, runAs } from '@islet/supervise';

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

/**
 * Whether it can check the inner structure of every value that it reads at its start. Versions before 6.2 can't, and end at
 * what they don't know.
 */
export async function checksValues(program: string, signal: AbortSignal): Promise<boolean> {
  const { output } = await runAs([program, '--version'], { user: undefined, cwd: '/', env: {}, signal });
  const [, major = '0', minor = '0'] = / v=(\d+)\.(\d+)/.exec(output) ?? [];
  return Number(major) > 6 || (Number(major) === 6 && Number(minor) >= 2);
}

function findServer(path: string): string | undefined {
  return PROGRAMS.map((program) => resolveProgram(program, path)).find((found) => found !== undefined);
}

const INSTALL = 'apt-get install redis-server';
