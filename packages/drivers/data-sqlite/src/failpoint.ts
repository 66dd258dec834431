import { dieAt } from '@islet/supervise';

/**
 * Instants between an effect of a restore, or of a new name, and what comes after it. A test names one in
 * `ISLET_FAILPOINT`; the process is killed there, as a power cut would.
 */
export const SQLITE_FAILPOINTS = [
  'sqlite: after the restore is written down',
  'sqlite: after the file is restored',
  'sqlite: after the file was opened',
] as const;

export function failpoint(name: (typeof SQLITE_FAILPOINTS)[number]): void {
  dieAt(name);
}
