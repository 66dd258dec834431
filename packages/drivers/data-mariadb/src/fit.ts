import type { StoreLimits } from '@islet/driver';

/*
 * A server that fits what it is given. InnoDB's buffers are half of it, and the other half is for what each connection takes while
 * it works. All of it is changed while the server runs: a pool shrinks by and by.
 */
const MB = 1024 * 1024;

/** Of a store whose file says nothing. */
export const DEFAULT_LIMITS: StoreLimits = { memoryBytes: 64 * MB, connections: 40 };

/** Shells, backups, migrations and checks. */
const ISLETS_OWN = 20;
const LEAST_POOL_MB = 8;

/** What of the server's own settings follows, as options. A service's own settings win over them. */
export function fittingSettings({ memoryBytes, connections }: StoreLimits): Readonly<Record<string, string>> {
  return {
    'innodb-buffer-pool-size': `${Math.max(LEAST_POOL_MB, Math.floor(memoryBytes / 2 / MB))}M`,
    // Twice what a service may have open, since two of its logins hold while credentials are renewed.
    'max-connections': String(2 * connections + ISLETS_OWN),
  };
}
