import { dieAt } from '@islet/supervise';

/**
 * Instants between an effect of a restore and what comes after it. A test names one in `ISLET_FAILPOINT`; the process is
 * killed there, as a power cut would. What is left is never ready, and goes with `purge`.
 */
export const MARIADB_FAILPOINTS = [
  'mariadb: after the restore is written down',
  'mariadb: after the copy is laid out',
  'mariadb: after the log is laid out',
  'mariadb: after the restored server is ready',
  'mariadb: after the log is run',
] as const;

export function failpoint(name: (typeof MARIADB_FAILPOINTS)[number]): void {
  dieAt(name);
}
