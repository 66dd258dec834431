/**
 * Instants between an effect and its record. A test names one in `ISLET_FAILPOINT`; the process is killed there, as a power
 * cut would, and the next supervisor has to put things right.
 */
export const FAILPOINTS = [
  'start: before the intent',
  'start: after the intent',
  'start: after the cgroup',
  'start: after the spawn',
  'start: after the pid',
  'stop: after the signal',
  'end: before the record',
  'end: after the record',
  'forget: before the removal',
] as const;
export type Failpoint = (typeof FAILPOINTS)[number];

export function failpoint(name: Failpoint): void {
  if (process.env.ISLET_FAILPOINT === name) process.kill(process.pid, 'SIGKILL');
}
