import { dieAt } from '@islet/supervise';

/**
 * Instants between an effect of a restore and what comes after it. A test names one in
 * `ISLET_FAILPOINT`; the process is killed there, as a power cut would.
 */
export const FILES_FAILPOINTS = [
  'files: after the restore is written down',
  'files: after the files are written',
] as const;

export function failpoint(name: (typeof FILES_FAILPOINTS)[number]): void {
  dieAt(name);
}
