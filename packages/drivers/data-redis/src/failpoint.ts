import { dieAt } from '@islet/supervise';

/**
 * Instants between an effect of a restore and what comes after it. A test names one in `ISLET_FAILPOINT`; the process is
 * killed there, as a power cut would. What is left is never ready, and goes with `purge`.
 */
export const REDIS_FAILPOINTS = [
  'redis: after the restore is written down',
  'redis: after the copy is laid out',
  'redis: after the restored server is ready',
] as const;

export function failpoint(name: (typeof REDIS_FAILPOINTS)[number]): void {
  dieAt(name);
}
