import { readFileSync, rmSync } from 'node:fs';

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
  dieAt(name);
}

/**
 * Kills this process where the test said so: at every pass, by `ISLET_FAILPOINT=<name>`; or once, by
 * `ISLET_FAILPOINT_FILE=<path>`, a file that holds the name and is gone with the process that it killed. Whoever revives
 * that process hands it the same environment, and it gets past.
 */
export function dieAt(name: string): void {
  const { ISLET_FAILPOINT, ISLET_FAILPOINT_FILE } = process.env;
  if (ISLET_FAILPOINT === name || (ISLET_FAILPOINT_FILE !== undefined && claim(ISLET_FAILPOINT_FILE, name))) {
    process.kill(process.pid, 'SIGKILL');
  }
}

function claim(file: string, name: string): boolean {
  try {
    if (readFileSync(file, 'utf8') !== name) return false;
    rmSync(file);
    return true;
  } catch {
    return false;
  }
}
