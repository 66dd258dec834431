import { type Finished, type RunOptions, runAs as run } from '@islet/supervise';

/** PostgreSQL's programs speak one language and live in one time zone, whatever the machine's settings. */
export const ENVIRONMENT = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' } as const;

/** Runs one of them as a service's user, to its end. Throws only when it is told to give up. */
export function runAs(argv: readonly [string, ...string[]], options: Omit<RunOptions, 'env'>): Promise<Finished> {
  return run(argv, { ...options, env: ENVIRONMENT });
}
