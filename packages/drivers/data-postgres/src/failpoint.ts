import { dieAt } from '@islet/supervise';

/**
 * Instants between an effect of this driver and what comes after it. A test names one in `ISLET_FAILPOINT`; the process is
 * killed there, as a power cut would, and the next `provision` or `purge` has to put things right.
 */
export const POSTGRES_FAILPOINTS = [
  'postgres: after the credentials',
  'postgres: after initdb',
  'postgres: after the rename',
  'postgres: after the port',
  'postgres: after the start',
  'postgres: after the role',
  'postgres: after the database',
  'postgres: after a migration',
  'postgres: after the data is gone',
  'postgres: after the new name',
  'postgres: after the folder is renamed',
] as const;

/** Of a restore: what is left of it is never ready, and goes with `purge`. */
export const RESTORE_FAILPOINTS = [
  'postgres: after the restore is written down',
  'postgres: after the copy is unpacked',
  'postgres: after the recovery',
  'postgres: after the new passwords',
] as const;
export type PostgresFailpoint = (typeof POSTGRES_FAILPOINTS)[number] | (typeof RESTORE_FAILPOINTS)[number];

export function failpoint(name: PostgresFailpoint): void {
  dieAt(name);
}
